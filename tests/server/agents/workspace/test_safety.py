"""Nothing outside the folder, nothing secret, nothing that blocks, nothing that breaks the Markdown."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Kind, Refusal, Refused
from superserve_tui.server.agents.workspace.walk import walk
from tests.server.agents.workspace.project_tree import ask, talk


@pytest.mark.parametrize(
    "path", ["../outside.txt", "/etc/passwd", "src/../../outside.txt", "~/.bashrc", "/etc/../etc/hostname", ".."]
)
def test_paths_outside_are_refused_without_being_looked_at(project: Path, path: str) -> None:
    for question in (f"show {path}", f"what is in {path}", f'find "TODO" in {path}', f"how long is {path}"):
        text = ask(project, question).text
        assert "lies outside this folder" in text
        assert "TODO outside" not in text


def test_an_absolute_path_inside_is_read(project: Path) -> None:
    assert ask(project, f"show {project}/src/config.py").text.startswith("`src/config.py`, 1 line:")


def test_the_folder_may_itself_be_reached_by_a_link(project: Path) -> None:
    link = project.parent / "link"
    link.symlink_to(project)
    assert ask(link, f"show {link}/src/config.py").text.startswith("`src/config.py`, 1 line:")


def test_a_link_that_leads_outside_is_listed_but_not_followed(project: Path) -> None:
    (project / "leak.txt").symlink_to(project.parent / "outside.txt")
    (project / "leaks").symlink_to(project.parent)
    answers = talk(
        project, ["show leak.txt", "what's in leaks?", "show leaks/outside.txt", "find TODO", "list files"]
    )
    assert all("is a link that leads outside this folder" in answer.text for answer in answers[:3])
    assert "outside" not in answers[3].text
    assert "leak.txt  (link)" in answers[4].text


def test_a_link_that_leads_inside_is_read_as_what_it_leads_to(project: Path) -> None:
    (project / "alias.py").symlink_to("src/config.py")
    assert ask(project, "show alias.py").text.startswith("`src/config.py`")


def test_links_in_a_ring_end(project: Path) -> None:
    (project / "a").symlink_to("b")
    (project / "b").symlink_to("a")
    (project / "src" / "up").symlink_to("..")
    assert "can't be read" in ask(project, "show a").text
    assert "└── web/" in ask(project, "what's in src?").text


def test_a_link_that_appears_after_the_look_is_not_followed(project: Path) -> None:
    folder = Folder(project)
    place = folder.locate("src/config.py")
    (project / "src/config.py").unlink()
    (project / "src/config.py").symlink_to(project.parent / "outside.txt")
    with pytest.raises(Refused), folder.open(place.path):
        pass
    (project / "elsewhere").mkdir()
    (project / "elsewhere/config.py").write_text("X = 1")
    (project / "src").rename(project / "was")
    (project / "src").symlink_to("elsewhere")
    with pytest.raises(Refused), folder.open(place.path):
        pass


@pytest.mark.parametrize(
    "name",
    [".env", ".env.local", ".ENV", "deploy_key.pem", "id_rsa", "ID_ED25519", "server.key", ".netrc", ".git/config",
     ".ssh/known_hosts", ".aws/credentials", ".npmrc", "store.p12"],
)  # fmt: skip
def test_secrets_are_never_read(project: Path, name: str) -> None:
    path = project / name
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text("hunter2 TODO", encoding="utf-8")
    (project / "innocent.txt").symlink_to(path)
    for asked in (name, "innocent.txt"):
        assert "may hold secrets" in ask(project, f"show {asked}").text
    assert "hunter2" not in ask(project, "find hunter2").text.replace("`hunter2` stands nowhere", "")
    assert "may hold secrets" in ask(project, f"find hunter2 in {name}").text


def test_a_private_key_is_not_read_whatever_its_name(project: Path) -> None:
    (project / "notes.txt").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n")
    for question in ("show notes.txt", "how long is notes.txt", "what is notes.txt"):
        assert "may hold secrets" in ask(project, question).text
    assert "stands nowhere" in ask(project, "find hunter2").text


def test_public_keys_and_lookalikes_are_read(project: Path) -> None:
    for name in ("id_rsa.pub", "environment.py", "keys.py", "monkey.txt"):
        (project / name).write_text("hello\n")
        assert "hello" in ask(project, f"show {name}").text


def test_pipes_and_sockets_do_not_block(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(project)  # a socket's path is short
        try:
            listener.bind("sock")
        finally:
            os.chdir(here)
        answers = talk(
            project, ["show pipe.py", "what does sock do?", "find TODO", "how many lines are there?", "list files"]
        )
    assert "is a device, a pipe or a socket" in answers[0].text
    assert "is a device, a pipe or a socket" in answers[1].text
    assert "2 lines with `TODO`" in answers[2].text
    assert "pipe.py  (device or pipe)" in answers[4].text


def test_a_pipe_that_takes_a_files_place_does_not_block(project: Path) -> None:
    folder = Folder(project)
    place = folder.locate("src/config.py")
    (project / "src/config.py").unlink()
    os.mkfifo(project / "src/config.py")
    with pytest.raises(Refused) as caught, folder.open(place.path):
        pass
    assert caught.value.reason is Refusal.SPECIAL


def test_a_link_to_a_device_is_refused(project: Path) -> None:
    (project / "zero").symlink_to("/dev/zero")
    assert "leads outside" in ask(project, "show zero").text


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_the_system_refuses_is_said(project: Path) -> None:
    (project / "src/config.py").chmod(0)
    (project / "docs").chmod(0)
    try:
        answers = talk(project, ["show src/config.py", "list files", "what's in docs?"])
    finally:
        (project / "docs").chmod(stat.S_IRWXU)
    assert "can't be read: the system refuses it" in answers[0].text
    assert "Not readable: `docs`." in answers[1].text
    assert "can't be read: the system refuses it" in answers[2].text


@pytest.mark.parametrize(
    "prompt", ["show \x00", "show \ud800.py", "show " + "a/" * 140, "show .", "show ''", "show *"]
)
def test_odd_paths_get_an_answer(project: Path, prompt: str) -> None:
    assert ask(project, prompt).text.strip()


def test_names_with_control_characters_and_markup_stay_on_their_line(project: Path) -> None:
    names = ["a\nb.py", "tab\there.py", "esc\x1b[31m.py", "back`tick`.py", "[bold].py", "pi|pe.py", "<b>.py"]
    for name in names:
        (project / name).write_text("# TODO odd\n" * 900)
    (project / os.fsdecode(b"bad-\xff.py")).write_text("# TODO\n")
    answers = talk(project, ["list files", "find *.py", "largest files", "find TODO"])
    for answer in answers:
        assert "\x1b" not in answer.text
        assert "a\nb" not in answer.text
        answer.text.encode("utf-8")
    assert "a\\x0ab.py" in answers[0].text
    assert "``back`tick`.py``" in answers[1].text
    assert "pi\\|pe.py" in answers[2].text


def test_a_fence_is_longer_than_any_in_the_file(project: Path) -> None:
    (project / "notes.md").write_text("````\n```\n````\n")
    assert ask(project, "show notes.md").text.endswith("`````markdown\n````\n```\n````\n`````\n")


def test_walks_stay_inside_and_tell_kinds(project: Path) -> None:
    (project / "leaks").symlink_to(project.parent)
    found = walk(Folder(project), Budget(10))
    assert {entry.path: entry.kind for entry in found.entries}["leaks"] is Kind.LINK
    assert not any("outside" in entry.path for entry in found.entries)
