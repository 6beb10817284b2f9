"""When a plain answer counts as over, by silence and by what the platform shows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.activity import Activity
from superserve_tui.server.agents.channel import Timing
from superserve_tui.server.agents.turn_end import TurnEndWatch
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import ask, in_time, opened, script_agent

QUIET_S = 1.5
TIMING = Timing(silent_s=300.0, busy_factor=10.0)


@dataclass
class Program:
    """A program, a clock, and the watch over them."""

    activity: Activity
    now: float = 0.0
    unread: int = 0
    watch: TurnEndWatch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = TurnEndWatch(
            self, unread_input=lambda: self.unread, clock=lambda: self.now, quiet_s=QUIET_S, timing=TIMING
        )

    def look(self, *, alone: bool = False) -> Activity:
        return self.activity

    def over_after(self, *, limit_s: float = 1000.0) -> float:
        """Seconds of silence until the answer is over."""
        began = self.now
        while self.now - began < limit_s:
            self.now += self.watch.look_after_s
            if self.watch.is_over():
                return self.now - began
        raise AssertionError("never over")


@pytest.mark.parametrize(
    ("activity", "has_text", "least_s", "most_s"),
    [
        (Activity.WAITING, True, 0, 0.05),
        (Activity.WAITING, False, 0, 0.05),
        (Activity.WAITING_THREAD, True, 0, 0.05),
        (Activity.WAITING_THREAD, False, 300, 301),
        (Activity.LISTENING, True, QUIET_S, QUIET_S + 0.2),
        (Activity.LISTENING, False, 300, 301),
        (Activity.UNKNOWN, True, QUIET_S, QUIET_S + 0.2),
        (Activity.UNKNOWN, False, 300, 301),
        (Activity.BUSY, True, QUIET_S * 10, QUIET_S * 10 + 0.2),
        (Activity.BUSY, False, 300, 301),
    ],
)
def test_how_long_silence_lasts(activity: Activity, has_text: bool, least_s: float, most_s: float) -> None:
    program = Program(activity)
    if has_text:
        program.watch.heard()
    assert least_s <= program.over_after() <= most_s


def test_a_message_that_was_not_taken_is_not_answered() -> None:
    program = Program(Activity.WAITING, unread=5)
    assert program.over_after() >= 300


def test_text_between_two_looks_starts_them_over() -> None:
    program = Program(Activity.WAITING)
    assert not program.watch.is_over()
    program.watch.heard()
    assert not program.watch.is_over()
    assert program.watch.is_over()


def test_text_restarts_the_quiet_time() -> None:
    program = Program(Activity.UNKNOWN)
    program.watch.heard()
    program.now += QUIET_S - 0.01
    assert not program.watch.is_over()
    program.watch.heard()
    program.now += QUIET_S - 0.01
    assert not program.watch.is_over()
    program.now += 0.02
    assert not program.watch.is_over()
    assert program.watch.is_over()


def test_text_that_came_while_silence_was_judged_is_not_cut_off() -> None:
    program = Program(Activity.LISTENING)
    program.watch.heard()
    program.now += QUIET_S + 0.01
    assert not program.watch.is_over()
    program.watch.heard()
    assert not program.watch.is_over()


def test_looks_become_rarer_in_long_silence() -> None:
    program = Program(Activity.BUSY)
    waits = []
    for _ in range(20):
        program.watch.is_over()
        waits.append(program.watch.look_after_s)
    assert waits == sorted(waits)
    assert waits[0] < 0.02
    assert waits[-1] == 0.1


@pytest.mark.parametrize("activity", [Activity.BUSY, Activity.UNKNOWN, Activity.WAITING_THREAD])
def test_silence_never_ends_the_answer_of_a_program_that_marks_its_reads(activity: Activity) -> None:
    program = Program(activity)
    program.watch.heard()
    program.now += 10_000
    assert not any(program.watch.is_over(exact=True) for _ in range(3))


def test_a_program_that_marks_its_reads_may_be_seen_at_another_read() -> None:
    program = Program(Activity.WAITING)
    assert [program.watch.is_over(exact=True) for _ in range(2)] == [False, True]


# A platform without `/proc`, such as macOS


class Blind:
    """Sees nothing."""

    def look(self, *, alone: bool = False) -> Activity:
        return Activity.UNKNOWN


def blind_answers(folder: Path, command: str, script: str, *, quiet_s: float = 0.3) -> list[str]:
    async def talk() -> list[str]:
        agent = script_agent(
            folder,
            command,
            files={"agent": script},
            config=AgentConfig(name="agent", quiet_s=quiet_s),
            timing=Timing(first_line_s=0.3),
            probe=lambda process: Blind(),
        )
        async with opened(agent) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b\nc")]

    return in_time(talk())


def test_a_shell_is_read_till_its_quiet_time_without_proc(tmp_path: Path) -> None:
    script = "while read -r line; do echo one; sleep 0.05; echo $line; done"
    assert blind_answers(tmp_path, "sh agent", script) == ["one\na\n", "one\nb\u2028c\n"]


def test_python_is_exact_without_proc(tmp_path: Path) -> None:
    script = "import time\nwhile True:\n    t = input(); print('one'); time.sleep(0.6); print(repr(t))"
    assert blind_answers(tmp_path, "python agent", script, quiet_s=0.1) == ["one\n'a'\n", "one\n'b\\nc'\n"]


def test_a_message_that_overtook_the_first_read_keeps_its_line_breaks(tmp_path: Path) -> None:
    script = """
import os, time
while not os.path.exists("go"): time.sleep(0.005)
while True: print(repr(input()))
"""

    async def talk() -> str:
        agent = script_agent(
            tmp_path,
            "python agent.py",
            files={"agent.py": script},
            config=AgentConfig(name="agent", quiet_s=0.02),
            probe=lambda process: Blind(),
        )
        async with opened(agent) as session:
            sink = RecordingSink()
            turn = asyncio.create_task(session.run("a\nb", sink))
            await sink.wait_until(lambda sink: bool(sink.statuses))
            (tmp_path / "go").touch()
            await turn
            return sink.answer + (await ask(session, "c\nd")).answer

    assert in_time(talk()) == "'a\\nb'\n'c\\nd'\n"
