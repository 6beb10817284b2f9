"""The parts by themselves: ignore rules, names, outlines, manifests, Markdown, pace."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from superserve_tui.protocol import AGENT_NAME
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.agents.workspace import Pace, WorkspaceAgent
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Kind
from superserve_tui.server.agents.workspace.ignore import GitIgnore
from superserve_tui.server.agents.workspace.line_outline import outline_lines
from superserve_tui.server.agents.workspace.manifests import parse_manifest
from superserve_tui.server.agents.workspace.markdown import code, fence, size
from superserve_tui.server.agents.workspace.names import Strength, match_names
from superserve_tui.server.agents.workspace.pace import split_pieces
from superserve_tui.server.agents.workspace.python_outline import outline_python
from superserve_tui.server.agents.workspace.search import definition_patterns
from superserve_tui.server.agents.workspace.understanding import understand
from superserve_tui.server.agents.workspace.walk import Entry, Inventory, walk
from tests.support.recording_sink import RecordingSink


@pytest.mark.parametrize(
    ("rules", "path", "is_folder", "verdict"),
    [
        ("*.log", "a/b.log", False, True),
        ("*.log", "a/b.txt", False, None),
        ("build/", "x/build", True, True),
        ("build/", "x/build", False, None),
        ("/out", "out", True, True),
        ("/out", "x/out", True, None),
        ("a/b", "a/b", False, True),
        ("a/b", "x/a/b", False, None),
        ("docs/**/tmp", "docs/x/y/tmp", True, True),
        ("docs/**/tmp", "docs/tmp", True, True),
        ("*.log\n!keep.log", "keep.log", False, False),
        ("!keep.log\n*.log", "keep.log", False, True),
        ("# *.py\n\n  \n", "a.py", False, None),
        ("file[0-9].txt", "file7.txt", False, True),
        ("file[!0-9].txt", "file7.txt", False, None),
        ("[z-a].txt", "b.txt", False, None),
        ("[a--b].txt", "a.txt", False, None),
        ("\\!odd", "!odd", False, True),
        ("a?c", "abc", False, True),
        ("a?c", "a/c", False, None),
        ("dots.txt", "dotsxtxt", False, None),
        ("*" * 300, "a", False, None),
    ],
)
def test_ignore_rules_are_gits(rules: str, path: str, is_folder: bool, verdict: bool | None) -> None:
    assert GitIgnore(rules).verdict(path, is_folder=is_folder) is verdict


def test_an_inner_gitignore_holds_below_it_and_wins(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/.gitignore").write_text("!keep.log\n/only.txt\n")
    for name in ("x.log", "a/keep.log", "a/x.log", "a/only.txt", "only.txt"):
        (tmp_path / name).touch()
    paths = walk(Folder(tmp_path), Budget(10)).paths
    assert paths == {".gitignore", "a", "a/.gitignore", "a/keep.log", "only.txt"}


def test_environments_and_caches_are_known_by_what_lies_in_them(tmp_path: Path) -> None:
    for mark in ("py3/pyvenv.cfg", "target/CACHEDIR.TAG"):
        (tmp_path / mark).parent.mkdir()
        (tmp_path / mark).touch()
    found = walk(Folder(tmp_path), Budget(10))
    assert found.entries == ()
    assert sorted(found.skipped) == ["py3", "target"]


@pytest.mark.parametrize(
    ("asked", "paths", "strength"),
    [
        ("src/main.py", ["src/main.py"], Strength.PATH),
        ("SRC/MAIN.PY", ["src/main.py"], Strength.PATH),
        ("main.py", ["src/main.py", "src/web/main.py"], Strength.NAME),
        ("web/main", ["src/web/main.py"], Strength.NAME),
        ("the readme".removeprefix("the "), ["README.md"], Strength.NAME),
        ("config", ["src/config.py"], Strength.NAME),
        ("event", ["src/event_parser.py"], Strength.PART),
        ("event parser", ["src/event_parser.py"], Strength.PART),
        ("eventparser.py", ["src/event_parser.py"], Strength.PART),
        ("mian.py", ["src/main.py", "src/web/main.py"], Strength.SLIP),
        ("zzz", [], Strength.NONE),
        ("", [], Strength.NONE),
    ],
)
def test_names_are_matched_loosely_but_ranked(asked: str, paths: list[str], strength: Strength) -> None:
    files = [
        "README.md",
        "docs/README.md",
        "src/main.py",
        "src/web/main.py",
        "src/config.py",
        "src/event_parser.py",
    ]
    entries = [Entry(path, Kind.FILE) for path in files] + [Entry("etc/config", Kind.FOLDER)]
    assert match_names(asked, Inventory(tuple(entries))) == (paths, strength)


@pytest.mark.parametrize(
    ("language", "source", "names"),
    [
        (
            "JavaScript",
            "export default class A {\n  go(x) {\n}\nconst f = async () => 1\nfunction* g() {}",
            "A go f g",
        ),
        ("TypeScript", "interface I {}\ntype T = 1\nexport enum E {}\nconst N: number = 1", "I T E N"),
        ("Go", "func Run(x int) {\nfunc (s *Server) Stop() error {\ntype Server struct {", "Run Stop Server"),
        ("Rust", "pub struct S;\nimpl S {\n    pub(crate) async fn go(&self) {}\n}\nmacro_rules! m {", "S S go m"),
        ("Java", "public final class A {\n  private static int add(int a) {\n", "A add"),
        (
            "C",
            "#define MAX 3\nstruct point {\nstatic int area(int w, int h)\n{\n  return area(1, 2);\n",
            "MAX point area",
        ),
        ("Ruby", "module M\n  class A < B\n    def ok?\n", "M A ok?"),
        ("Shell", "#!/bin/sh\nstart() {\nfunction stop {\n", "start stop"),
        ("SQL", "CREATE TABLE IF NOT EXISTS towns (\ncreate view v as", "towns v"),
        ("Makefile", "test: lint\n\tpytest\nX := 1\n", "test"),
        ("TOML", 'a = 1\n[tool.x]\nb = [\n  "c>=1",\n]\n', "a [tool.x] b"),
        ("YAML", "a:\n  b: 1\n    c: 2\n- d: 3\n", "a b"),
        ("JSON", '{\n  "a": 1,\n  "b": {"c": 2}\n}', "a b"),
        ("INI", "[s]\nk = 1\n", "[s] k"),
        ("Unheard-of", "class A", ""),
    ],
)
def test_lines_that_begin_something_are_found(language: str, source: str, names: str) -> None:
    found = outline_lines(source.split("\n"), language)
    assert " ".join(symbol.name for symbol in found.symbols) == names


def test_python_is_outlined_with_what_is_nested() -> None:
    source = (
        "import a.b, c\nfrom . import d\nif True:\n    async def f(x: int = 1) -> str: ...\n"
        "class A(B, metaclass=M):\n    class C:\n        def g(self): ...\nX: int = 1\n"
    )
    found = outline_python(source)
    assert found is not None
    assert [(symbol.kind, symbol.signature or symbol.name, symbol.depth) for symbol in found.symbols] == [
        ("function", "async def f(x: int=1) -> str", 0),
        ("class", "class A(B, metaclass=M)", 0),
        ("class", "class C", 1),
        ("method", "def g(self)", 2),
        ("constant", "X", 0),
    ]
    assert found.imports == ("a.b", "c", ".")
    assert outline_python("def (") is None
    assert outline_python("x\x00") is None


@pytest.mark.parametrize(
    ("line", "is_usual", "is_curly"),
    [
        ("def go(x):", True, True),
        ("    async def go(self):", True, True),
        ("export const go = () => 1", True, True),
        ("go = 1", True, True),
        ("go == 1", False, False),
        ("func (s *S) go() {", True, True),
        ("int go(int a) {", False, True),
        ("  static go(a) {", False, True),
        ("return go(a)", False, False),
        ("assert go(a)", False, False),
        ("x = go(a)", False, False),
        ("def gone():", False, False),
        ("#define go 1", True, True),
    ],
)
def test_definitions_are_told_from_uses(line: str, is_usual: bool, is_curly: bool) -> None:
    usual, curly = definition_patterns("go")
    assert (usual.match(line) is not None, curly.match(line) is not None) == (is_usual, is_curly)


@pytest.mark.parametrize(
    ("name", "text", "groups"),
    [
        ("requirements-dev.txt", "# x\na==1  # y\n-r base.txt\n\nb\n", {"requirements-dev.txt": ("a==1", "b")}),
        (
            "package.json",
            '{"dependencies": {"a": "^1"}, "devDependencies": {"b": "*"}}',
            {"runtime": ("a ^1",), "dev": ("b",)},
        ),
        (
            "Cargo.toml",
            '[package]\nname = "x"\n[dependencies]\na = "1"\nb = {version = "2"}',
            {"runtime": ("a 1", "b 2")},
        ),
        (
            "go.mod",
            "module x.io/y\ngo 1.22\nrequire (\n\ta.b/c v1.0.0\n\td.e/f v2.0.0 // indirect\n)\n",
            {"runtime": ("a.b/c v1.0.0",), "indirect": ("d.e/f v2.0.0",)},
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython = "^3.11"\na = "*"',
            {"runtime": ("python ^3.11", "a")},
        ),
        ("pyproject.toml", 'project = 3\ntool = "x"\ndependency-groups = []', {}),
        ("Gemfile", "gem 'rails', '7'\n", {"runtime": ("rails",)}),
        (
            "setup.cfg",
            "[metadata]\nname = x\n[options]\ninstall_requires =\n  a\n  b>1\n",
            {"runtime": ("a", "b>1")},
        ),
    ],
)
def test_dependencies_are_read_from_manifests(name: str, text: str, groups: dict[str, tuple[str, ...]]) -> None:
    manifest = parse_manifest(name, text.split("\n"))
    assert manifest.problem == ""
    assert {group.name: group.items for group in manifest.groups} == groups


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("a\nb", "`a\\x0ab`"),
        ("\ud800", "`\ufffd`"),
        ("", "`  `"),
    ],
)
def test_code_within_a_line_stays_whole(text: str, shown: str) -> None:
    assert code(text) == shown


def test_sizes_and_fences() -> None:
    assert [size(n) for n in (1, 999, 1000, 1_500_000, 999_960_000)] == [
        "1 byte",
        "999 bytes",
        "1.0 KB",
        "1.5 MB",
        "1.0 GB",
    ]
    assert fence(["a", "``` b"], "md") == "````md\na\n``` b\n````"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "one two\n\nthree  four\n",
        "x\n```py\na b\n```\ny z\n",
        "````\n```\nq q\n````\nr s",
        "\n\n",
        "  a\n",
    ],
)
def test_pieces_joined_are_the_text(text: str) -> None:
    pieces = list(split_pieces(text))
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)


def test_lines_of_a_code_block_are_pieces_and_words_outside_of_it() -> None:
    pieces = list(split_pieces("one two\n```py\na b\n```\nend"))
    assert [piece for piece, is_line in pieces if is_line] == ["```py\n", "a b\n", "```\n"]
    assert [piece for piece, is_line in pieces if not is_line] == ["one ", "two\n", "end"]


@pytest.mark.parametrize(("words", "longest_s"), [(20, 0.2), (250, 1.2), (100_000, 1.2)])
def test_the_pace_is_human_and_never_slow(words: int, longest_s: float) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> str:
        sink = RecordingSink()
        await Pace(sleep=sleep).stream("word " * words, sink)
        assert len(sink.pieces) > 5
        return sink.answer

    assert asyncio.run(run()) == "word " * words
    assert sum(slept) <= longest_s
    assert sum(slept) >= min(words / 250, 1.0) * 0.8


def test_the_agent_is_ready_and_has_a_lasting_id(project: Path) -> None:
    info = WorkspaceAgent(project).info
    assert info.name == "workspace"
    assert AGENT_NAME.fullmatch(info.name)
    assert info.id == agent_id("workspace") == WorkspaceAgent(project).info.id
    assert info.not_ready_reason is None


@pytest.mark.parametrize(
    "bad",
    ["the " * 75, "show " * 60, "find in " * 37, "files of " * 33, "how many lines of " * 16, "and " * 75,
     "what is " * 37, "a.b" * 100, "all the of a " * 23, "a " * 149 + "?", "lines 1 to " * 27, "please " * 42,
     "?" * 300],
)  # fmt: skip
def test_no_prompt_makes_understanding_slow(bad: str) -> None:
    understand("warm up")
    start = time.perf_counter()
    understand(bad[:300])
    assert time.perf_counter() - start < 3
