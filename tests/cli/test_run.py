"""One turn without the app: its output, its exit status, and its session's end, whatever happens."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from superserve_tui.domain import SessionState, TurnState
from superserve_tui.protocol import short_id
from superserve_tui.server.agents.base import AgentFailure, TurnSink
from tests.support.command_line import CommandLine, Done
from tests.support.embedded import Hold, RunningServer, ScriptedAgent, running_server
from tests.support.fault_server import FaultServer
from tests.support.waiting import wait_for


async def talk(prompt: str, sink: TurnSink) -> None:
    """Text, a tool, text, with signs in it that a terminal would obey."""
    sink.text("one \x1b[31mred\x07 ")
    call = sink.tool_start("\x1b[1mbash", {"command": "ls\x1b[0m"})
    sink.tool_end(call)
    sink.text(f"<{prompt}>")


@pytest.fixture
def agent() -> ScriptedAgent:
    return ScriptedAgent("hosted", script=talk)


@pytest.fixture
def server(cli: CommandLine, agent: ScriptedAgent) -> Iterator[RunningServer]:
    """A hosted service whose key is in the environment."""
    with running_server(agent) as server:
        cli.environ |= {"SUPERSERVE_API_URL": server.url, "SUPERSERVE_API_KEY": server.token}
        yield server


def run_held(cli: CommandLine, agent: ScriptedAgent, *options: str) -> tuple[subprocess.Popen[bytes], Hold]:
    """A run whose agent has said something and waits."""
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        sink.text("begun ")
        await hold.here()
        sink.text("more")
        await hold.here()

    agent.script = script
    process = cli.start("run", "hosted", "hello", *options)
    hold.wait_reached()
    assert process.stdout is not None
    assert process.stdout.read(6) == b"begun "
    return process, hold


def ended(process: subprocess.Popen[bytes]) -> Done:
    out, err = process.communicate(timeout=50)
    return Done(process.returncode, out.decode(), err.decode())


def test_a_script_answers_and_leaves_nothing_behind(cli: CommandLine) -> None:
    cli.script("My agent.py")
    done = cli.run("run", "./My agent.py", "hello")
    assert (done.status, done.out) == (0, "echo: hello\n")
    assert "completed in" in done.err
    assert list((cli.data / "servers").iterdir()) == []


def test_an_agent_of_the_config_file_answers(cli: CommandLine) -> None:
    cli.script("agent.py")
    added = cli.run("agents", "add", "mine", "--command", "python3 agent.py", "--cwd", ".")
    assert added.status == 0
    assert cli.run("run", "mine", "hello").out == "echo: hello\n"


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_the_message_comes_from_standard_input(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer, arguments: tuple[str, ...]
) -> None:
    assert cli.run("run", "hosted", *arguments, text="two\nlines\n").status == 0
    assert agent.prompts == ["two\nlines"]


def test_an_empty_message_is_refused_before_anything_is_made(cli: CommandLine, server: RunningServer) -> None:
    cli.run("run", "hosted", text="\n").failed(2, "message is empty")


def test_text_goes_out_as_sent_and_tools_beside_it(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer
) -> None:
    done = cli.run("run", "hosted", "hi")
    assert done.out == "one \x1b[31mred\x07 <hi>"
    assert done.err.splitlines()[0] == r'[bash] {"command":"ls\u001b[0m"}'
    assert done.err.splitlines()[1].startswith("[bash] ")
    assert done.err.splitlines()[2].endswith(", 1 tool")
    assert agent.closed == agent.opened


def test_a_terminal_gets_the_answer_cleaned(cli: CommandLine, server: RunningServer) -> None:
    out = cli.run_in_terminal("run", "hosted", "hi").out.replace("\r\n", "\n")
    assert "\x1b" not in out
    assert "\x07" not in out
    assert out.startswith('one red \n[bash] {"command":"ls\\u001b[0m"}\n[bash] ')
    assert "\n<hi>\ncompleted in" in out


def test_json_prints_every_event_as_it_came(cli: CommandLine, server: RunningServer) -> None:
    done = cli.run("run", "hosted", "hi", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["type"] for event in events if event["type"] != "heartbeat"] == [
        "run.started",
        "message.delta",
        "tool.start",
        "tool.end",
        "message.delta",
        "run.completed",
    ]
    assert events[1]["data"] == {"content": "one \x1b[31mred\x07 "}
    assert "\x1b" not in done.out
    assert done.err == ""


def test_title_and_idle_timeout_reach_the_server(cli: CommandLine) -> None:
    with FaultServer() as faults:
        faults.on("GET", "/v1/agents", lambda it: it.json(200, {"agents": [{"id": "agt_1", "name": "a"}]}))
        faults.on("POST", "/v1/sessions", lambda it: it.json(422, {"detail": "no"}))
        done = cli.run(
            *("run", "a", "hi", "--title", "T", "--idle-timeout", "77"),
            SUPERSERVE_API_URL=faults.url,
            SUPERSERVE_API_KEY="ss_key",
        )
        done.failed(1, "(422): no")
        (made,) = [request for request in faults.requests if request.method == "POST"]
        assert made.json == {"agent_id": "agt_1", "idle_timeout_seconds": 77, "title": "T"}


def test_a_failed_turn_fails_the_command_and_keeps_what_came(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer
) -> None:
    async def script(prompt: str, sink: TurnSink) -> None:
        sink.text("half")
        raise AgentFailure("out of \x1b[1mcoffee")

    agent.script = script
    done = cli.run("run", "hosted", "hi")
    assert (done.status, done.out) == (1, "half")
    assert "The turn failed: out of coffee." in done.err
    assert "\x1b" not in done.err
    assert agent.closed == agent.opened


def test_a_script_that_crashes_is_told_by_its_reason_and_its_last_lines(cli: CommandLine) -> None:
    script = cli.script(text="input()\nraise ValueError('the database is gone')\n")
    done = cli.run("run", str(script), "hi")
    what, *last, hint = done.err.splitlines()[1:]
    assert (done.status, what) == (
        1,
        "The turn failed: The agent ended with exit code 1: ValueError: the database is gone.",
    )
    assert (last[0], last[-1]) == ("Traceback (most recent call last):", "ValueError: the database is gone")
    assert hint == "Mend what the agent names, then run it again."


def test_an_unknown_agent_is_named(cli: CommandLine, server: RunningServer) -> None:
    cli.run("run", "nobody", "hi").failed(1, "nobody", "agents list")


def test_an_unknown_profile_names_those_there_are(cli: CommandLine) -> None:
    cli.run("run", "a", "hi", "--profile", "nope").failed(2, "no profile nope", "local")


def test_a_key_that_is_not_accepted_is_named_by_its_source_only(cli: CommandLine, server: RunningServer) -> None:
    done = cli.run("run", "hosted", "hi", SUPERSERVE_API_KEY="ss_wrong_key")
    done.failed(1, "SUPERSERVE_API_KEY", "login")
    assert "ss_wrong_key" not in done.err


def test_a_service_out_of_reach_is_said_to_be(cli: CommandLine) -> None:
    done = cli.run("run", "a", "hi", SUPERSERVE_API_URL="http://127.0.0.1:9", SUPERSERVE_API_KEY="ss_x")
    done.failed(1, "No connection", "127.0.0.1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_session_and_the_command(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer, number: signal.Signals
) -> None:
    process, _ = run_held(cli, agent)
    process.send_signal(number)
    done = ended(process)
    assert done.status == 128 + number
    assert done.err == ""
    wait_for(lambda: agent.closed == agent.opened)


def test_a_reader_that_has_enough_ends_the_session(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer
) -> None:
    process, hold = run_held(cli, agent)
    assert process.stdout is not None
    process.stdout.close()
    hold.release()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 0
    assert b"Traceback" not in err
    wait_for(lambda: agent.closed == agent.opened)


def test_a_kept_session_is_saved_with_its_turn_and_goes_on(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer
) -> None:
    done = cli.run("run", "hosted", "first", "--keep", "--title", "mine")
    (saved,) = cli.saved()
    assert f"Kept as session {short_id(saved.id)}." in done.err
    assert (saved.title, saved.state, saved.is_kept, saved.message_count) == ("mine", SessionState.IDLE, True, 1)
    assert agent.closed == []
    assert cli.run("run", "hosted", "second", "--session", saved.id[:6]).status == 0
    turns = cli.transcript(saved.id)
    assert [(turn.number, turn.prompt, turn.state) for turn in turns] == [
        (1, "first", TurnState.COMPLETED),
        (2, "second", TurnState.COMPLETED),
    ]
    assert turns[1].text == "one \x1b[31mred\x07 <second>"
    assert turns[1].calls[0].name == "\x1b[1mbash"
    assert agent.closed == []
    assert len(agent.opened) == 1


def test_a_kept_session_of_the_embedded_server_outlives_the_command(cli: CommandLine) -> None:
    cli.script("agent.py")
    cli.run("agents", "add", "mine", "--command", "python3 agent.py", "--cwd", ".")
    assert cli.run("run", "mine", "one", "--keep").status == 0
    (saved,) = cli.saved()
    done = cli.run("run", "mine", "two", "--session", saved.id)
    assert (done.status, done.out) == (0, "echo: two\n")
    assert cli.run("sessions", "end", saved.id).status == 0
    wait_for(lambda: not list((cli.data / "servers").iterdir()), 10, what="the server ends with its last session")


def test_a_session_that_is_only_known_to_the_server_is_reused_and_not_ended(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer
) -> None:
    cli.run("run", "hosted", "first", "--keep")
    (saved,) = cli.saved()
    assert saved.server_id is not None
    cli.environ["SUPERSERVE_TUI_DATA"] = str(cli.root / "other")
    assert cli.run("run", "hosted", "again", "--session", short_id(saved.server_id)).status == 0
    assert agent.prompts == ["first", "again"]
    assert agent.closed == []


def test_a_session_of_another_agent_is_refused(cli: CommandLine, server: RunningServer) -> None:
    cli.run("run", "hosted", "first", "--keep")
    cli.run("run", "other", "again", "--session", cli.saved()[0].id).failed(2, "belongs to the agent hosted")


def test_an_ended_session_says_what_to_do(cli: CommandLine, server: RunningServer) -> None:
    cli.run("run", "hosted", "first", "--keep")
    (saved,) = cli.saved()
    cli.run("sessions", "end", saved.id)
    cli.run("run", "hosted", "again", "--session", saved.id).failed(1, "is ended", "without --session")


def test_an_interrupted_turn_in_a_kept_session_is_stopped_and_saved(
    cli: CommandLine, agent: ScriptedAgent, server: RunningServer
) -> None:
    process, _ = run_held(cli, agent, "--keep")
    process.send_signal(signal.SIGINT)
    assert ended(process).status == 130
    (saved,) = cli.saved()
    (turn,) = cli.transcript(saved.id)
    assert (turn.state, turn.text) == (TurnState.STOPPED, "begun ")
    assert saved.state is SessionState.IDLE
    assert agent.closed == []


def test_an_end_that_does_not_get_through_is_written_down(cli: CommandLine) -> None:
    session = {"id": "ses_" + "a" * 32, "agent_id": "agt_1", "status": "active"}
    with FaultServer() as faults:
        faults.on("GET", "/v1/agents", lambda it: it.json(200, {"agents": [{"id": "agt_1", "name": "a"}]}))
        faults.on("POST", "/v1/sessions", lambda it: it.json(201, session))
        faults.on("POST", f"/v1/sessions/{session['id']}/messages", lambda it: it.json(422, {"detail": "no"}))
        faults.on("POST", f"/v1/sessions/{session['id']}/end", lambda it: it.json(500, {"detail": "broken"}))
        done = cli.run("run", "a", "hi", SUPERSERVE_API_URL=faults.url, SUPERSERVE_API_KEY="ss_key")
    assert done.status == 1
    assert "could not be ended: broken" in done.err
    (owed,) = cli.ledger()
    assert (owed.server_id, owed.profile, owed.is_end_owed) == (session["id"], "superserve", True)
