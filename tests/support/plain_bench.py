"""Plain mode over a scripted engine: a test types lines and reads the page."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from superserve_tui.config import Config
from superserve_tui.engine import Engine
from superserve_tui.plain import Inbox, PlainFrontEnd, PlainOptions
from superserve_tui.plain.inbox import InputEnded, LineTyped, OutputChanged, SignalCame
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends
from tests.support.waiting import wait_for

__all__ = ["PlainBench", "ScriptedLines", "running_plain"]


class Page:
    """What stands on the paper. Any thread."""

    is_idle = True

    def __init__(self) -> None:
        self.text = ""
        self._lock = threading.Lock()

    def put(self, text: str) -> None:
        with self._lock:
            self.text += text


class ScriptedLines:
    """A terminal with a person at it, or a pipe."""

    def __init__(self, page: Page, inbox: Inbox, *, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        self.is_prompting = False
        self.is_started = False
        self.half = ""
        """What has been typed at the prompt so far."""
        self.offers = 0
        """How often a line was asked for."""
        self.taken = 0
        self.history: list[str] = []
        self._page = page
        self._inbox = inbox

    def start(self) -> None:
        self.is_started = True

    def offer(self, prompt: str) -> None:
        self._page.put(prompt)
        self.offers += 1
        self.is_prompting = True

    def typed(self) -> str:
        return self.half

    def line_taken(self) -> None:
        self.taken += 1

    def add_history(self, messages: Iterable[str]) -> None:
        self.history += messages

    def suspend(self) -> None:
        self._page.put("(stopped)")

    def close(self) -> None: ...

    def enter(self, line: str) -> None:
        """The person types a line, which shows, or the pipe brings it."""
        self.hand_over(line, is_at_prompt=self.press_enter(line))

    def press_enter(self, line: str) -> bool:
        """The line shows, and is on its way; whether it was typed at a prompt."""
        is_at_prompt, self.is_prompting, self.half = self.is_prompting, False, ""
        if self.is_terminal:
            self._page.put(line + "\n")
        return is_at_prompt

    def hand_over(self, line: str, *, is_at_prompt: bool) -> None:
        """The line comes in."""
        self._inbox.put(LineTyped(line, is_at_prompt=is_at_prompt))


@dataclass
class PlainBench:
    """The front end at work on a thread of its own; for one test thread."""

    store: MemoryStore
    backends: ScriptedBackends
    clock: ManualClock
    inbox: Inbox
    page: Page
    lines: ScriptedLines
    copied: list[str] = field(default_factory=list)
    status: int | None = None
    """The exit status, once it has been left."""

    def type(self, line: str) -> None:
        """Type a line, at the prompt as soon as one stands there."""
        self.lines.enter(line)

    def ask(self, line: str) -> None:
        """Type a line once a prompt asks for one."""
        self.until_prompt()
        self.lines.enter(line)

    def until_prompt(self) -> None:
        """Wait until a prompt stands there."""
        wait_for(lambda: self.lines.is_prompting, what=f"a prompt below {self.page.text!r}")

    def until(self, *texts: str) -> str:
        """Wait until all that stands on the page; returns the page."""
        for text in texts:
            self._until(text)
        return self.page.text

    def _until(self, text: str) -> None:
        try:
            wait_for(lambda: text in self.page.text)
        except AssertionError:
            raise AssertionError(f"not there: {text!r} in {self.page.text!r}") from None

    def until_left(self) -> int:
        """Wait until it has been left; returns the exit status."""
        wait_for(lambda: self.status is not None, what=f"the end of {self.page.text!r}")
        assert self.status is not None
        return self.status

    def end_input(self) -> None:
        """ctrl+d, or the end of the pipe."""
        self.inbox.put(InputEnded())

    def signal(self, number: int) -> None:
        """The process gets a signal."""
        self.inbox.put(SignalCame(number))

    def close_output(self) -> None:
        """Whoever read it is gone."""
        self.inbox.put(OutputChanged(is_closed=True))

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and let everybody look at it."""
        self.clock.advance(seconds)
        self.inbox.put(OutputChanged())


@contextmanager
def running_plain(
    folder: Path,
    *,
    store: MemoryStore | None = None,
    backends: ScriptedBackends | None = None,
    is_terminal: bool = True,
    config: Config | None = None,
    **options: Any,
) -> Iterator[PlainBench]:
    """Plain mode, started; left at the end if it is not yet, with every thread ended."""
    others = set(threading.enumerate())
    clock, inbox, page = ManualClock(), Inbox(), Page()
    servers = backends or ScriptedBackends()
    lines = ScriptedLines(page, inbox, is_terminal=is_terminal)
    bench = PlainBench(store or MemoryStore(), servers, clock, inbox, page, lines)

    def copy(text: str) -> str:
        bench.copied.append(text)
        return f"Copied {len(text)} signs"

    engine = Engine(lambda: (bench.store, servers), clock=clock)
    clock.on_advance = engine.poke
    front_end = PlainFrontEnd(
        engine,
        lines,
        page,
        inbox,
        PlainOptions(
            config=config or Config(),
            **{"profiles": ("local",), "copy": copy, "folder": folder, "agent": "echo", "clock": clock, **options},
        ),
    )

    def run() -> None:
        bench.status = front_end.run()

    thread = threading.Thread(target=run, name="plain")
    thread.start()
    try:
        wait_for(lambda: lines.is_started, what="the start")
        yield bench
    finally:
        bench.store.release()
        servers.release_all()
        inbox.put(SignalCame(15))
        thread.join(5.0)
        assert engine.stop(timeout_s=5.0)
        for each in set(threading.enumerate()) - others:
            each.join(5.0)
        inbox.close()
        assert not thread.is_alive()
