"""The questions that a person asks first, over a real folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.server.agents.workspace.project_tree import ask


def test_files_are_listed_as_a_tree_without_what_is_nobodys_work(project: Path) -> None:
    answer = ask(project, "What files are in the project?")
    assert answer.tools == ["list_files"]
    assert answer.text.startswith("`weather` holds ")
    assert "```text\n" in answer.text
    assert "├── README.md\n" in answer.text
    assert "│   ├── main.py\n" in answer.text
    for hidden in ("left-pad", "debug.log", "generated.py"):
        assert hidden not in answer.text
    assert "Left out: `.git`" in answer.text
    assert "`node_modules`" in answer.text


def test_a_python_file_is_explained_by_its_own_words_and_its_parts(project: Path) -> None:
    answer = ask(project, "What does src/main.py do?")
    assert answer.tools == ["read_file", "outline"]
    assert answer.inputs[0] == {"path": "src/main.py"}
    assert answer.text.startswith("`src/main.py` is a Python file, 33 lines. It can be run as a program.")
    assert "> Starts the weather desk and keeps it running." in answer.text
    assert "- `class Desk`: The window with all towns. (`main.py:12`)" in answer.text
    assert "  - `async def refresh(self) -> int`: Ask every town again. (`main.py:21`)" in answer.text
    assert "`def __init__(self, towns: list[str], *, refresh_s: float=5.0) -> None`" in answer.text
    assert "Uses `sys`, `weather.parser`." in answer.text


def test_text_is_found_with_file_and_line(project: Path) -> None:
    answer = ask(project, "find TODO")
    assert answer.tools == ["list_files", "search_text"]
    assert answer.inputs[1] == {"pattern": "TODO", "path": "."}
    assert "2 lines with `TODO`, in 2 files:" in answer.text
    assert "- `src/main.py:23`  `# TODO: ask in parallel`" in answer.text
    assert "- `src/parser.py:6`  `# TODO: wind`" in answer.text


def test_a_quoted_phrase_is_exact_and_a_glob_narrows(project: Path) -> None:
    answer = ask(project, 'find "exact phrase" in *.py')
    assert answer.inputs[1] == {"pattern": "exact phrase", "path": "*.py"}
    assert "- `src/parser.py:7`" in answer.text
    assert "guide.md" not in answer.text


def test_text_in_lower_case_is_found_in_any_case(project: Path) -> None:
    assert "docs/guide.md:3" in ask(project, "search for exact phrase").text


def test_lines_of_a_file_are_shown_as_they_are(project: Path) -> None:
    answer = ask(project, "show me lines 10-40 of README.md")
    assert answer.inputs == [{"path": "README.md", "lines": "10-40"}]
    lines = (project / "README.md").read_text(encoding="utf-8").split("\n")
    assert "`README.md`, lines 10–40 of 60:" in answer.text
    assert "````markdown\n" + "\n".join(lines[9:40]) + "\n````" in answer.text


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("README.md:5-6", "Shows the weather of many towns", "in one window."),
        ("line 1 of the readme", "# Weather desk", "# Weather desk"),
        ("first 1 lines of README.md", "# Weather desk", "# Weather desk"),
        ("the last 2 lines of README.md", "Line 58", "Line 59"),
    ],
)
def test_lines_may_be_named_in_many_ways(project: Path, question: str, first: str, last: str) -> None:
    block = ask(project, question).text.split("```")[1].split("\n")[1:-1]
    assert (block[0], block[-1]) == (first, last)


def test_lines_of_a_language_are_counted(project: Path) -> None:
    answer = ask(project, "how many lines of Python are there?")
    assert answer.tools == ["list_files", "count_lines"]
    assert "**49 lines of Python** in 5 files" in answer.text


def test_lines_by_language_come_as_a_table(project: Path) -> None:
    text = ask(project, "which languages are used?").text
    assert "| Language | Files | Lines |" in text
    assert "| CSV | 1 | 901 |" in text
    assert "1 binary file not counted." in text
    assert "2 files not read (secrets, or no permission)." in text


def test_a_folder_shows_what_is_in_it(project: Path) -> None:
    answer = ask(project, "what's in src?")
    assert answer.inputs == [{"path": "src"}]
    assert answer.text.startswith("`src` holds 5 files in 1 folder:")
    assert "└── web/\n    ├── app.ts\n    └── main.py\n" in answer.text


def test_a_definition_is_shown_with_its_code(project: Path) -> None:
    answer = ask(project, "where is parse_event defined?")
    assert answer.tools == ["list_files", "find_definition", "read_file", "outline"]
    assert "`parse_event` is defined at `src/parser.py:4`:" in answer.text
    assert "> One report of a station as a dictionary." in answer.text
    assert "```python\ndef parse_event(text: str) -> dict[str, str]:\n" in answer.text
    assert '    return {"sky": text}\n```' in answer.text


def test_a_class_may_be_named_in_lower_case(project: Path) -> None:
    assert "is defined at `src/main.py:12`" in ask(project, "explain the desk class").text
    (project / "src/desk.js").write_text("const desk = 1\n")
    assert "is defined at `src/desk.js:1`" in ask(project, "where is desk defined?").text


def test_where_a_name_lies_lists_everything_called_so(project: Path) -> None:
    text = ask(project, "where is the config?").text
    assert "1. `config/`\n2. `src/config.py`" in text


def test_a_file_full_of_hits_does_not_hide_the_others(project: Path) -> None:
    text = ask(project, "find Oslo").text
    assert "902 lines with `Oslo`, in 3 files:" in text
    assert "`src/config.py:1`" in text


def test_uses_leave_the_definition_out(project: Path) -> None:
    text = ask(project, "who uses parse_event?").text
    assert "`parse_event` is used on 4 lines in 2 files:" in text
    assert "- `tests/test_parser.py:5`" in text
    assert "- `src/parser.py" not in text
    assert "Defined at `src/parser.py:4`." in text


def test_the_project_is_introduced_by_readme_manifest_and_layout(project: Path) -> None:
    answer = ask(project, "What is this project?")
    assert answer.tools[0] == "list_files"
    assert "read_file" in answer.tools
    assert "This is **`weather-desk`** 1.2.0, a Python package, for Python >=3.11" in answer.text
    assert "> Shows the weather of many towns in one window." in answer.text
    assert "Written in Python (5 files), TypeScript (1 file)." in answer.text
    assert "- `weather`: `weather.main:main`" in answer.text


def test_the_largest_files_come_first(project: Path) -> None:
    text = ask(project, "largest files").text
    assert "is `data/big.csv`:" in text
    assert "| 1 | `data/big.csv` | 8.1 KB |" in text


def test_the_file_that_changed_last_comes_first(project: Path) -> None:
    for path in project.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    os.utime(project / "docs/guide.md", (1_700_000_900, 1_700_000_900))
    text = ask(project, "recently changed files").text
    assert text.startswith("`docs/guide.md` changed last, on 2023-11-14:")


def test_dependencies_come_from_the_manifest(project: Path) -> None:
    text = ask(project, "what are the dependencies?").text
    assert "`weather` depends on 2 packages at run time." in text
    assert "- `httpx>=0.27`\n- `rich`" in text
    assert "**`pyproject.toml`, optional: dev**:\n\n- `pytest>=8`" in text


def test_how_to_is_answered_from_the_readmes_section(project: Path) -> None:
    assert "pip install weather-desk" in ask(project, "how do I install this?").text
    assert "Run pytest." in ask(project, "how do I run the tests?").text


@pytest.mark.parametrize(
    "question", ["show me main.js", "what does src/nothing.py do?", "explain quux", "where is frobnicate defined?"]
)
def test_what_is_not_there_is_said(project: Path, question: str) -> None:
    text = ask(project, question).text
    assert "found no" in text


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Hello!", "Hello! I answer questions about `weather`"),
        ("thanks a lot", "Any time"),
        ("help", "**Files**"),
        ("What can you do?", "**Files**"),
        ("who are you?", "no language model"),
        ("bye", "Bye!"),
        ("   ", "That message was empty"),
        ("pwd", "We are in `"),
    ],
)
def test_small_talk_needs_no_tool(project: Path, question: str, part: str) -> None:
    answer = ask(project, question)
    assert part in answer.text
    assert answer.tools == []


@pytest.mark.parametrize(
    "question",
    [
        "write a function that sorts the towns",
        "translate the readme to German",
        "why is the sky blue?",
        "fix the bug in src/main.py",
        "x" * 5000,
        "should I use Rust or Go for my next project, considering my team's experience with both of them?",
    ],
)
def test_what_takes_a_model_is_refused_with_the_way_to_one(project: Path, question: str) -> None:
    text = ask(project, question).text
    assert "a rule-based helper with no model behind me" in text
    assert "superserve-tui agent.py" in text
    assert '[agents.mine]\ncommand = "python agent.py"' in text
    script = text.split("```python\n")[1].split("\n```")[0]
    assert len(script.split("\n")) == 6
    compile(script, "agent.py", "exec")


@pytest.mark.parametrize(
    "question",
    [
        "PLEASE, COULD YOU TELL ME WHAT SRC/MAIN.PY DOES?!",
        "hey, what does `src/main.py` do, please?",
        "so what is in the file src/main.py",
        "explain src/main.py to me",
        "src/main.py",
        "./src/main.py?",
        "what functions are in src/main.py?",
    ],
)
def test_politeness_case_and_marks_do_not_matter(project: Path, question: str) -> None:
    assert ask(project, question).text.startswith("`src/main.py` is a Python file")


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("what does parser do?", "src/parser.py"),
        ("show me the readme", "README.md"),
        ("explain parser.py", "src/parser.py"),
        ("show test_parser", "tests/test_parser.py"),
        ("explain the settings.yaml file", "config/settings.yaml"),
        ("show guide", "docs/guide.md"),
    ],
)
def test_loose_names_find_their_file(project: Path, question: str, path: str) -> None:
    assert ask(project, question).text.startswith(f"`{path}`")


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("what does @src/main.py do?", "`src/main.py` is a Python file"),
        ("show me @README.md please", "`README.md`"),
        ("@LICENSE", "`LICENSE`"),
        ('what is in @"docs/two words.md"?', "`docs/two words.md`"),
    ],
)
def test_a_file_may_be_mentioned_with_an_at_sign(project: Path, question: str, begins: str) -> None:
    (project / "LICENSE").write_text("Do what you like.\n")
    (project / "docs/two words.md").write_text("# Two\n")
    assert ask(project, question).text.startswith(begins)


def test_a_decorator_is_looked_for_with_its_at_sign(project: Path) -> None:
    (project / "src/more.py").write_text("@wraps\ndef one(): ...\n\nwraps = 1\n")
    assert "@wraps" in str(ask(project, "find @wraps").inputs)


def test_other_languages_have_an_outline_too(project: Path) -> None:
    text = ask(project, "what's in src/web/app.ts?").text
    assert "> Draws the towns in a browser." in text
    assert "- `export class View` (`app.ts:4`)" in text
    assert "  - `draw(town: string): void` (`app.ts:5`)" in text
    assert "`./sky`" in text


def test_markdown_is_explained_by_its_headings(project: Path) -> None:
    text = ask(project, "what is README.md about?").text
    assert "- `Weather desk` (`README.md:1`)" in text
    assert "  - `Install` (`README.md:8`)" in text
    assert "not a heading" not in text


def test_every_answer_ends_with_one_line_break(project: Path) -> None:
    for question in (
        "help",
        "what is this project?",
        "find TODO",
        "show README.md",
        "what's in src?",
        "largest files",
    ):
        text = ask(project, question).text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
