"""The saved sessions on the command line: the shapes that scripts rely on, and what a terminal gets."""

from __future__ import annotations

import json
import stat

import pytest

from superserve_tui.domain import SessionState, TurnState
from tests.support.command_line import CommandLine
from tests.support.embedded import ScriptedAgent, running_server
from tests.support.saved import NOW, make_call, make_session, make_turn

HOSTILE = "\x1b[31mred\x1b]0;evil\x07\x9b5m\x7f\u202ebidi\u2028line"
HARMLESS = set("\n\t\r")


def no_control_characters(text: str) -> bool:
    return not any((ord(sign) < 32 and sign not in HARMLESS) or 0x7F <= ord(sign) < 0xA0 for sign in text)


@pytest.fixture
def ids(cli: CommandLine) -> tuple[str, str]:
    first = make_session(
        "first words",
        id="aaaa" + "0" * 28,
        server_id="ses_" + "b" * 32,
        server_ids=("ses_" + "c" * 32, "ses_" + "b" * 32),
        state=SessionState.IDLE,
        last_activity_at=NOW,
        message_count=1,
        is_unread=True,
    )
    second = make_session("second", id="aabb" + "0" * 28)
    turn = make_turn(1, "what is it?", text="**bold** and\nmore", state=TurnState.COMPLETED, calls=(make_call(),))
    cli.save(first, turn)
    cli.save(second)
    return first.id, second.id


def test_an_empty_store_lists_nothing(cli: CommandLine) -> None:
    assert cli.run("sessions", "list", "--json").out == "[]\n"
    done = cli.run("sessions", "list")
    assert (done.status, done.out) == (0, "")


def test_what_is_saved_is_for_this_person_alone(cli: CommandLine) -> None:
    cli.run("sessions", "list")
    cli.run("agents", "list")
    for path in (cli.data, *cli.data.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_list_as_json_has_the_keys_that_scripts_rely_on(cli: CommandLine, ids: tuple[str, str]) -> None:
    rows = {row["id"]: row for row in json.loads(cli.run("sessions", "list", "--json").out)}
    assert rows[ids[0]] == {
        "id": ids[0],
        "server_id": "ses_" + "b" * 32,
        "profile": "local",
        "agent": "echo",
        "title": "first words",
        "state": "idle",
        "pinned": False,
        "unread": True,
        "message_count": 1,
        "created_at": "2026-11-22T12:00:00.123456Z",
        "last_activity_at": "2026-11-22T12:00:00.123456Z",
    }
    assert (rows[ids[1]]["server_id"], rows[ids[1]]["state"]) == (None, "draft")


def test_list_for_people_has_a_line_per_session(cli: CommandLine, ids: tuple[str, str]) -> None:
    lines = cli.run("sessions", "list").out.splitlines()
    assert lines[0].split() == ["ID", "STATE", "AGENT", "PROFILE", "ACTIVE", "TITLE"]
    assert {line.split()[0] for line in lines[1:]} == {name[:12] for name in ids}


@pytest.mark.parametrize("name", ["aaaa", "aaaa" + "0" * 28, "ses_bbb", "ccccc", "BBBB"])
def test_a_session_is_found_by_any_of_its_ids(cli: CommandLine, ids: tuple[str, str], name: str) -> None:
    shown = json.loads(cli.run("sessions", "show", name, "--json").out)
    assert shown["id"] == ids[0]
    assert shown["server_ids"] == ["ses_" + "c" * 32, "ses_" + "b" * 32]
    (turn,) = shown["turns"]
    assert (turn["prompt"], turn["text"], turn["finish_reason"]) == (
        "what is it?",
        "**bold** and\nmore",
        "completed",
    )
    assert [call["name"] for call in turn["tool_calls"]] == [make_call().name]


def test_an_ambiguous_prefix_names_what_it_fits(cli: CommandLine, ids: tuple[str, str]) -> None:
    cli.run("sessions", "show", "aa").failed(1, "fits 2 sessions", ids[0][:12], ids[1][:12])


def test_an_unknown_id_says_so(cli: CommandLine, ids: tuple[str, str]) -> None:
    cli.run("sessions", "show", "ffff").failed(1, "ffff", "sessions list")


def test_search_as_json(cli: CommandLine, ids: tuple[str, str]) -> None:
    (hit,) = json.loads(cli.run("sessions", "search", "bold", "--json").out)
    assert (hit["id"], hit["title"], hit["turn"], hit["where"]) == (ids[0], "first words", 1, "text")
    assert "bold" in hit["snippet"]
    (hit,) = json.loads(cli.run("sessions", "search", "--json", "second").out)
    assert (hit["turn"], hit["where"]) == (None, "title")


def test_search_for_people(cli: CommandLine, ids: tuple[str, str]) -> None:
    assert "turn 1, prompt" in cli.run("sessions", "search", "what", "is").out
    nothing = cli.run("sessions", "search", "nowhere")
    assert (nothing.status, nothing.out, nothing.err) == (0, "", "Nothing found.\n")


@pytest.mark.parametrize("format_name", ["md", "text"])
def test_export_holds_what_was_said_byte_for_byte(cli: CommandLine, format_name: str) -> None:
    session = make_session("t")
    prompt, answer = HOSTILE + "\r\nend  ", "a\r\nb\x0c\t" + HOSTILE
    cli.save(session, make_turn(1, prompt, text=answer, state=TurnState.COMPLETED))
    cli.run("sessions", "export", session.id, "--format", format_name, "-o", "out.file")
    written = (cli.folder / "out.file").read_bytes()
    assert prompt.encode() in written
    assert answer.encode() in written
    assert stat.S_IMODE((cli.folder / "out.file").stat().st_mode) == 0o600


def test_export_into_a_folder_is_named_by_the_id(cli: CommandLine, ids: tuple[str, str]) -> None:
    cli.run("sessions", "export", "aaaa", "--format", "json", "-o", ".")
    (file,) = cli.folder.iterdir()
    assert file.name == "session-aaaa00000000-2026-11-22.json"
    assert json.loads(file.read_text())["turns"][0]["text"] == "**bold** and\nmore"


def test_export_as_html_is_one_file(cli: CommandLine, ids: tuple[str, str]) -> None:
    assert cli.run("sessions", "export", "aaaa", "--format", "html", "-o", ".").status == 0
    (file,) = cli.folder.iterdir()
    assert file.name == "session-aaaa00000000-2026-11-22.html"
    assert "<strong>bold</strong> and" in file.read_text()


def test_export_says_what_looks_like_a_secret_and_masks_what_it_is_told_to(cli: CommandLine) -> None:
    session = make_session("mail")
    cli.save(session, make_turn(1, "ada@b.cc and bob@b.cc", text="in /home/ada", state=TurnState.COMPLETED))
    done = cli.run("sessions", "export", session.id, "--check")
    assert "ada@b.cc and bob@b.cc" in done.out
    assert done.err.splitlines() == [
        "Found mail address (email): 2 places, 2 different",
        "Found home folder (home): 1 place",
        "Hide them with --mask KIND, or --mask all.",
    ]
    done = cli.run("sessions", "export", session.id, "--check", "--mask", "email")
    assert "[email-1] and [email-2]" in done.out
    assert "in /home/ada" in done.out
    assert done.err.startswith("Masked mail address (email): 2 places, 2 different\nFound home folder")
    done = cli.run("sessions", "export", session.id, "--mask", "all")
    assert ("in [home-1]" in done.out, done.err) == (True, "")
    cli.run("sessions", "export", session.id, "--mask", "nonsense").failed(2, "nonsense")


def test_export_into_a_missing_folder_is_told(cli: CommandLine, ids: tuple[str, str]) -> None:
    cli.run("sessions", "export", "aaaa", "-o", "no/such/file").failed(1, "no folder")


def test_a_pipe_gets_text_as_sent_and_a_terminal_gets_it_cleaned(cli: CommandLine) -> None:
    session = make_session(HOSTILE, agent="a\x1b[5mgent", state=SessionState.IDLE)
    turn = make_turn(1, HOSTILE, text=HOSTILE, error=HOSTILE, state=TurnState.FAILED)
    cli.save(session, turn)
    assert HOSTILE in cli.run("sessions", "export", session.id).out
    for arguments in (
        ("show", session.id),
        ("show", session.id, "--json"),
        ("list",),
        ("list", "--json"),
        ("export", session.id),
        ("export", session.id, "--format", "json"),
        ("search", "red"),
        ("search", "red", "--json"),
    ):
        done = cli.run_in_terminal("sessions", *arguments)
        assert done.status == 0
        assert no_control_characters(done.out), (arguments, done.out)
        assert "\u202e" not in done.out
        assert "red" in done.out


def test_json_in_a_pipe_escapes_every_control_character(cli: CommandLine) -> None:
    session = make_session(HOSTILE)
    cli.save(session)
    out = cli.run("sessions", "list", "--json").out
    assert no_control_characters(out)
    assert json.loads(out)[0]["title"] == HOSTILE


def test_a_turn_that_nobody_runs_is_not_said_to_run(cli: CommandLine) -> None:
    cli.save(make_session("crashed", state=SessionState.RUNNING, server_id="ses_" + "d" * 32))
    assert json.loads(cli.run("sessions", "list", "--json").out)[0]["state"] == "interrupted"


def test_delete_goes_to_the_trash(cli: CommandLine, ids: tuple[str, str]) -> None:
    done = cli.run("sessions", "delete", "aabb", "aaaa")
    assert done.status == 0
    assert cli.saved() == ()


def test_nothing_is_deleted_where_one_name_is_wrong(cli: CommandLine, ids: tuple[str, str]) -> None:
    cli.run("sessions", "delete", "aaaa", "ffff").failed(1, "ffff")
    assert len(cli.saved()) == 2


def test_end_ends_on_the_server_and_marks_it(cli: CommandLine) -> None:
    agent = ScriptedAgent("hosted")
    with running_server(agent) as server:
        cli.environ |= {"SUPERSERVE_API_URL": server.url, "SUPERSERVE_API_KEY": server.token}
        assert cli.run("run", "hosted", "hello", "--keep").status == 0
        (saved,) = cli.saved()
        assert (saved.state, saved.is_kept, agent.closed) == (SessionState.IDLE, True, [])
        done = cli.run("sessions", "end", saved.id[:8])
        assert (done.status, done.out) == (0, f"{saved.id[:12]} ended\n")
        assert agent.closed == [saved.server_id]
        assert cli.saved()[0].state is SessionState.ENDED
        assert "was ended already" in cli.run("sessions", "end", saved.id[:8]).out


def test_end_of_a_session_whose_server_is_gone_counts_as_done(cli: CommandLine) -> None:
    gone = make_session("x", server_id="ses_" + "e" * 32, server_url="http://127.0.0.1:9", state=SessionState.IDLE)
    cli.save(gone)
    done = cli.run("sessions", "end", gone.id)
    assert done.status == 0
    assert "gone already" in done.out
    assert cli.saved()[0].state is SessionState.EXPIRED


def test_end_that_does_not_reach_the_server_fails_and_marks_nothing(cli: CommandLine) -> None:
    session = make_session("x", profile="superserve", server_id="ses_" + "e" * 32, state=SessionState.IDLE)
    cli.save(session)
    done = cli.run(
        "sessions", "end", session.id, SUPERSERVE_API_URL="http://127.0.0.1:9", SUPERSERVE_API_KEY="ss_x"
    )
    done.failed(1, "No connection")
    assert cli.saved()[0].state is SessionState.IDLE


def test_end_of_a_draft_is_explained(cli: CommandLine, ids: tuple[str, str]) -> None:
    cli.run("sessions", "end", "aabb").failed(1, "draft")
