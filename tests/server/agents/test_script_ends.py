"""Scripts that end, crash, hang, are stopped, or leave children behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.channel import Timing
from superserve_tui.server.agents.process_tree import ProcessTree
from superserve_tui.server.agents.script import ScriptSession
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import ask, in_time, is_running, opened, script_agent, wait_for

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes that left the group are found by /proc")


def failure_of(folder: Path, command: str, prompt: str = "x", **files: str) -> AgentFailure:
    async def talk() -> AgentFailure:
        written = {name.replace("_", "."): text for name, text in files.items()}
        async with opened(script_agent(folder, command, files=written)) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, prompt)
            return caught.value

    return in_time(talk())


async def stop_turn(session: ScriptSession, prompt: str, *, after: str) -> RecordingSink:
    """Start a turn and cancel it once its answer ends in `after`."""
    sink = RecordingSink()
    turn = asyncio.create_task(session.run(prompt, sink))
    await sink.wait_until(lambda sink: sink.answer.endswith(after))
    turn.cancel()
    await asyncio.wait([turn])
    assert turn.cancelled()
    return sink


async def written_pid(path: Path) -> int:
    """The process id that a script writes to a file."""
    await wait_for(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


# Ends


def test_a_script_that_ends_well_has_answered_and_starts_again_with_a_word_about_it(tmp_path: Path) -> None:
    async def talk() -> list[RecordingSink]:
        script = "text = input()\nprint('got', text)\nif text != 'a': raise SystemExit(0)\nprint('and', input())"
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            return [await ask(session, prompt) for prompt in ("a", "b", "c", "d")]

    sinks = in_time(talk())
    assert [sink.answer for sink in sinks] == ["got a\n", "and b\n", "got c\n", "got d\n"]
    assert [len(sink.statuses) for sink in sinks] == [0, 0, 1, 1]
    assert "restarted" in sinks[2].statuses[0]
    assert "exit code 0" in sinks[2].statuses[0]
    assert "forgotten" in sinks[2].statuses[0]


def test_a_crash_fails_the_turn_with_the_code_and_the_last_words(tmp_path: Path) -> None:
    failure = failure_of(tmp_path, "python agent.py", agent_py="input()\nprint('half')\nraise KeyError('where')")
    assert failure.code == "agent_exited"
    first, *rest = failure.message.split("\n")
    assert first == "The agent ended with exit code 1: KeyError: 'where'"
    assert (rest[0], rest[-1]) == ("Traceback (most recent call last):", "KeyError: 'where'")
    assert len(rest) <= 5


def test_a_second_crash_quotes_nothing_of_the_first(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        script = "import sys\ntext = input()\nif text != 'x': print(text, file=sys.stderr)\nsys.exit(len(text))"
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            told = []
            for prompt in ("one", "three", "x"):
                with pytest.raises(AgentFailure) as caught:
                    await ask(session, prompt)
                told.append(caught.value.message)
            return told

    assert in_time(talk()) == [
        "The agent ended with exit code 3: one",
        "The agent ended with exit code 5: three",
        "The agent ended with exit code 1.",
    ]


def test_a_signal_is_named(tmp_path: Path) -> None:
    failure = failure_of(tmp_path, "python agent.py", agent_py="import os\ninput()\nos.kill(os.getpid(), 11)")
    assert failure.message == "The agent was ended by signal SIGSEGV."


def test_after_a_crash_the_next_message_starts_a_new_process(tmp_path: Path) -> None:
    script = "n = 0\nwhile True:\n    n += int(input())\n    print(n)"

    async def talk() -> list[RecordingSink]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            first = await ask(session, "1")
            with pytest.raises(AgentFailure, match="invalid literal"):
                await ask(session, "crash")
            return [first, await ask(session, "2"), await ask(session, "3")]

    sinks = in_time(talk())
    assert [sink.answer for sink in sinks] == ["1\n", "2\n", "5\n"]
    assert [len(sink.statuses) for sink in sinks] == [0, 1, 0]


def test_an_end_between_two_turns_is_told_and_its_last_words_are_shown(tmp_path: Path) -> None:
    script = """
import os, threading, time
def later():
    while not os.path.exists("go"): time.sleep(0.01)
    print("last words", flush=True)
    os._exit(3)
while True:
    print("got", input())
    threading.Thread(target=later, daemon=True).start()
"""

    async def talk() -> RecordingSink:
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script})
        async with opened(agent) as session:
            await ask(session, "pid")
            (tmp_path / "go").touch()
            assert session._channel is not None
            process = session._channel.process
            await wait_for(lambda: process.exit_status is not None)
            (tmp_path / "go").unlink()
            return await ask(session, "x")

    sink = in_time(talk())
    assert sink.answer == "last words\n\ngot x\n"
    assert "exit code 3" in sink.statuses[0]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "without an answer"),
        ("import sys; sys.exit(7)", "exit code 7"),
        ("def f(:", "SyntaxError"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
    ],
)
def test_a_script_that_never_reads_says_why(tmp_path: Path, script: str, words: str) -> None:
    assert words in failure_of(tmp_path, "python agent.py", agent_py=script).message


def test_a_program_that_closes_its_output_is_ended(tmp_path: Path) -> None:
    assert "closed its standard output" in failure_of(tmp_path, "sh -c 'exec >&-; sleep 60'").message


def test_a_program_that_only_prints_runs_to_its_end(tmp_path: Path) -> None:
    async def talk() -> str:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": "print('hi')"})) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk()) == "hi\n"


def test_what_a_child_still_prints_after_the_exit_is_shown_but_not_waited_for(tmp_path: Path) -> None:
    script = "import os\ninput()\nprint('parent', flush=True)\nos.system('(sleep 0.01; echo child; sleep 60) &')"

    async def talk() -> str:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk(), timeout_s=8) == "parent\nchild\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-program", "not found on PATH"),
        ("./missing", "does not exist"),
        ("./notes.txt", "not an executable"),
        ("./broken", "could not be started"),
        ("python 'agent.py", "split into words"),
        ("", "empty"),
    ],
)
def test_a_program_that_can_not_be_started_fails_the_turn_and_says_why(
    tmp_path: Path, command: str, words: str
) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "broken").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "broken").chmod(0o755)
    failure = failure_of(tmp_path, command)
    assert failure.code == "agent_not_started"
    assert words in failure.message


def test_a_missing_folder_fails_the_turn_and_says_which(tmp_path: Path) -> None:
    async def talk() -> str:
        config = AgentConfig(name="agent", cwd="gone")
        async with opened(script_agent(tmp_path, "cat", config=config)) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "x")
            return caught.value.message

    assert str(tmp_path / "gone") in in_time(talk())


# Standard error


def test_a_flood_of_errors_is_survived_and_its_end_is_kept(tmp_path: Path) -> None:
    script = """
import sys
input()
for number in range(200_000):
    sys.stderr.write(f"line {number} " + "x" * 100 + "\\n")
sys.stderr.write("y" * 10_000_000 + "\\nthe end\\n")
print("done")
input()
"""

    async def talk() -> tuple[str, list[str]]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            sink = await ask(session, "x")
            await wait_for(lambda: "the end" in session.log_lines())
            return sink.answer, session.log_lines()

    answer, lines = in_time(talk(), timeout_s=40)
    assert answer == "done\n"
    assert lines[-1] == "the end"
    assert len(lines) <= 200
    assert sum(map(len, lines)) <= 64 * 1024


def test_the_log_outlives_the_process(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        script = "import sys\nprint(input(), file=sys.stderr)\nsys.exit(1)"
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            for prompt in ("one", "two"):
                with pytest.raises(AgentFailure):
                    await ask(session, prompt)
            return session.log_lines()

    assert in_time(talk()) == ["one", "two"]


# Stopped turns


SLOW = """
import os, time
n = 0
while True:
    text = input()
    n += 1
    print(n, "begin", text)
    while text == "long" and not os.path.exists("go"): time.sleep(0.005)
    print(n, "end", text)
"""


def test_what_a_stopped_script_prints_up_to_its_next_read_is_discarded(tmp_path: Path) -> None:
    async def talk() -> tuple[RecordingSink, RecordingSink]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": SLOW})) as session:
            stopped = await stop_turn(session, "long", after="begin long\n")
            turn = asyncio.create_task(ask(session, "short"))
            (tmp_path / "go").touch()
            return stopped, await turn

    stopped, sink = in_time(talk())
    assert stopped.answer == "1 begin long\n"
    assert sink.answer == "2 begin short\n2 end short\n"
    assert not any("restarted" in status for status in sink.statuses)


def test_a_stopped_script_that_does_not_come_to_read_is_restarted_and_that_is_said(tmp_path: Path) -> None:
    async def talk() -> tuple[RecordingSink, bool]:
        timing = Timing(drain_s=0.3, stop_s=0.3)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": SLOW}, timing=timing)
        async with opened(agent) as session:
            await ask(session, "first")
            assert session._channel is not None
            pid = session._channel.process.pid
            await stop_turn(session, "long", after="begin long\n")
            await wait_for(lambda: not is_running(pid))  # without a next message: agents act
            return await ask(session, "short"), is_running(pid)

    sink, still_runs = in_time(talk())
    assert not still_runs
    assert sink.answer == "1 begin short\n1 end short\n"
    assert any("restarted" in status and "forgotten" in status for status in sink.statuses)


def test_a_message_waits_for_the_stopped_one_to_be_left(tmp_path: Path) -> None:
    async def talk() -> RecordingSink:
        timing = Timing(drain_s=0.5, stop_s=0.3)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": SLOW}, timing=timing)
        async with opened(agent) as session:
            await stop_turn(session, "long", after="begin long\n")
            return await ask(session, "short")

    sink = in_time(talk())
    assert sink.answer == "1 begin short\n1 end short\n"
    assert len(sink.statuses) == 2


def test_a_flood_that_is_stopped_ends(tmp_path: Path) -> None:
    script = "while True:\n    text = input()\n    while text == 'flood': print('x' * 1000)\n    print(text)"

    async def talk() -> RecordingSink:
        timing = Timing(drain_s=0.3, stop_s=0.3)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, timing=timing)
        async with opened(agent) as session:
            await stop_turn(session, "flood", after="x\n")
            return await ask(session, "after")

    assert in_time(talk()).answer == "after\n"


def test_a_turn_stopped_before_the_script_read_keeps_the_process(tmp_path: Path) -> None:
    script = """
import os, time
print("starting")
while not os.path.exists("go"): time.sleep(0.005)
while True: print("got", input())
"""

    async def talk() -> RecordingSink:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            await stop_turn(session, "lost", after="starting\n")
            (tmp_path / "go").touch()
            return await ask(session, "kept")

    sink = in_time(talk())
    assert (sink.answer, sink.statuses) == ("got kept\n", [])


def test_a_stopped_shell_comes_to_read_as_proc_shows(tmp_path: Path) -> None:
    script = """
while read -r line; do
    echo begin $line
    while [ "$line" = long ] && [ ! -e go ]; do sleep 0.02; done
    echo end $line
done
"""

    async def talk() -> RecordingSink:
        async with opened(script_agent(tmp_path, "sh agent.sh", files={"agent.sh": script})) as session:
            await stop_turn(session, "long", after="begin long\n")
            (tmp_path / "go").touch()
            return await ask(session, "short")

    sink = in_time(talk())
    assert sink.answer == "begin short\nend short\n"
    assert not any("restarted" in status for status in sink.statuses)


# The end of a session


def test_close_before_the_first_message_and_after_a_turn(tmp_path: Path) -> None:
    async def talk() -> int:
        agent = script_agent(
            tmp_path, "python agent.py", files={"agent.py": "import os\nwhile input(): print(os.getpid())"}
        )
        async with opened(agent):
            pass
        async with opened(agent) as session:
            return int((await ask(session, "x")).answer)

    assert not is_running(in_time(talk()))


def test_close_lets_the_script_see_the_end_of_its_input(tmp_path: Path) -> None:
    script = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
try:
    while True: print(input())
except EOFError:
    open("ended", "w").write("well")
"""

    async def talk() -> None:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            await ask(session, "x")

    in_time(talk())
    assert (tmp_path / "ended").read_text() == "well"


def test_close_kills_what_ignores_being_asked(tmp_path: Path) -> None:
    script = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
input()
print(os.getpid())
while True:
    try: input()
    except EOFError: time.sleep(60)
"""

    async def talk() -> tuple[int, float]:
        timing = Timing(stop_s=0.2)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, timing=timing)
        async with opened(agent) as session:
            pid = int((await ask(session, "x")).answer)
            began = asyncio.get_running_loop().time()
        return pid, asyncio.get_running_loop().time() - began

    pid, took_s = in_time(talk())
    assert not is_running(pid)
    assert 0.2 <= took_s < 10


@pytest.mark.parametrize("session_of_its_own", [False, pytest.param(True, marks=needs_linux)])
def test_close_ends_children_and_daemons_that_hold_the_output(tmp_path: Path, session_of_its_own: bool) -> None:
    script = f"""
import subprocess, sys
input()
subprocess.Popen(
    ["sh", "-c", 'trap "" TERM; (trap "" TERM; echo $$ > daemon; exec sleep 60) & echo $! > child; exit'],
    start_new_session={session_of_its_own},
).wait()
print("started")
input()
"""

    async def talk() -> list[int]:
        timing = Timing(stop_s=0.2)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, timing=timing)
        async with opened(agent) as session:
            await ask(session, "x")
            pid = await written_pid(tmp_path / "child")
            assert is_running(pid)
            return [pid]

    (pid,) = in_time(talk())
    assert not is_running(pid)


def test_children_that_keep_forking_end_with_the_session(tmp_path: Path) -> None:
    script = """
import os, time
input()
root = os.getpid()
def spread(depth):
    for _ in range(3):
        if os.fork() == 0:
            if depth: spread(depth - 1)
            while True:
                if os.fork() == 0: os._exit(0)
                os.wait()
                time.sleep(0.01)
spread(2)
print(os.getpgid(0))
input()
"""

    async def talk() -> int:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            return int((await ask(session, "x")).answer)

    group = in_time(talk())
    assert not ProcessTree(group, variable="NOT=SET").is_alive()


def test_a_session_closed_in_mid_drain_leaves_nothing(tmp_path: Path) -> None:
    async def talk() -> int:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": SLOW})) as session:
            await stop_turn(session, "long", after="begin long\n")
            assert session._channel is not None
            return session._channel.process.pid

    assert not is_running(in_time(talk()))


def test_a_process_killed_from_outside_fails_the_turn(tmp_path: Path) -> None:
    async def talk() -> str:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": SLOW})) as session:
            sink = RecordingSink()
            turn = asyncio.create_task(session.run("long", sink))
            await sink.wait_until(lambda sink: "begin" in sink.answer)
            assert session._channel is not None
            os.kill(session._channel.process.pid, signal.SIGKILL)
            with pytest.raises(AgentFailure) as caught:
                await turn
            return caught.value.message

    assert "SIGKILL" in in_time(talk())


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    async def talk() -> None:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": SLOW})) as session:
            await ask(session, "x")

    in_time(talk())
    before = set(os.listdir("/dev/fd"))
    in_time(talk())
    assert set(os.listdir("/dev/fd")) == before
