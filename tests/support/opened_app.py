"""The app without a terminal, over an engine that only remembers: what a test types, feeds and sees."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from textual.driver import Driver
from textual.pilot import Pilot
from textual.screen import Screen

from superserve_tui.config import Config
from superserve_tui.domain import AgentsListed, Change, Session, SessionsLoaded, Turn
from superserve_tui.domain.changes import TranscriptLoaded
from superserve_tui.protocol import Agent
from superserve_tui.ui import CopyResult, SuperserveApp, UiOptions
from superserve_tui.ui.keyboard import PasteSafeParser
from superserve_tui.ui.screens.main import MainScreen
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.session_list import SessionList
from tests.support.manual_clock import ManualClock
from tests.support.recording_engine import RecordingEngine

__all__ = ["AGENTS", "OpenedApp", "opened"]

DEADLINE_S = 20.0
"""How long a test waits for what must happen before it fails."""

AGENTS = (Agent("agt_1", "workspace"), Agent("agt_2", "echo", command="python echo.py"))

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]")


@dataclass
class OpenedApp:
    """The app while a test has it."""

    app: SuperserveApp
    pilot: Pilot[None]
    engine: RecordingEngine
    clock: ManualClock
    copied: list[str]
    """What went to the clipboard."""

    # -- what the person does

    async def press(self, *keys: str) -> None:
        """Press keys by Textual's names, one after the other."""
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """What a terminal sends, in one read, as the driver takes it."""
        driver = self.app._driver
        assert isinstance(driver, Driver)
        parser = PasteSafeParser()
        events = list(parser.feed(text))
        while parser.is_waiting:  # an unfinished sequence: nothing more comes in time
            await asyncio.sleep(0.01)
            events += parser.tick()
        for event in events:
            driver.process_message(event)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """Another size of window."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    # -- what the engine tells

    async def feed(self, *changes: Change) -> None:
        """Let this have happened, and wait until it is drawn."""
        self.engine.feed(*changes)
        await self.until(lambda: self.engine.is_drained, "the changes are taken")

    async def open(self, session: Session, *turns: Turn) -> None:
        """Put a session on screen, as if chosen in the list, with these turns."""
        await self.feed(SessionsLoaded((session,)))
        self.main.open_session(session.id)
        await self.feed(TranscriptLoaded(session.id, turns))
        self.engine.forget()

    # -- what there is to see

    @property
    def main(self) -> MainScreen:
        """The screen below all dialogs."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def screen(self) -> Screen[Any]:
        """What has the keyboard: the main screen or a dialog."""
        return self.app.screen

    @property
    def has_dialog(self) -> bool:
        """Whether something lies over the main screen."""
        return len(self.app.screen_stack) > 1

    @property
    def composer(self) -> Composer:
        """Where messages are written."""
        return self.main.query_one(Composer)

    @property
    def sidebar(self) -> SessionList:
        """The list of sessions."""
        return self.main.query_one(SessionList)

    def rows(self) -> list[str]:
        """The screen's characters, without spaces at the ends of rows. Checks that each row is safe and whole."""
        rows: list[str] = []
        if self.app.screen._compositor.size != self.app.size:
            return rows  # a screen that has not been laid out yet
        for y, strip in enumerate(self.app.screen._compositor.render_strips()):
            text = strip.text
            unsafe = _UNSAFE.search(text)
            assert unsafe is None, f"row {y} lets {unsafe.group()!r} through: {text!r}"
            assert not any(segment.control for segment in strip), f"row {y} has control segments"
            assert strip.cell_length == self.app.size.width, f"row {y} is {strip.cell_length} cells: {text!r}"
            rows.append(text.rstrip())
        assert len(rows) == self.app.size.height
        return rows

    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.rows())

    def has(self, words: str) -> bool:
        """Whether these words are on screen, on one row."""
        return any(words in row for row in self.rows())

    def look(self, words: str) -> Style:
        """How the first of these words on screen is drawn.

        Raises:
            AssertionError: they are not on screen.
        """
        for strip in self.app.screen._compositor.render_strips():
            if (at := strip.text.find(words)) >= 0:
                cells = cell_len(strip.text[:at])
                (segment, *_) = strip.crop(cells, cells + 1)
                assert segment.style is not None
                return segment.style
        raise AssertionError(f"{words!r} is not on screen")

    def notices(self) -> list[str]:
        """The messages that pop up, oldest first."""
        return [notification.message for notification in self.app._notifications]

    # -- waiting

    async def settle(self) -> None:
        """Until everything that was asked of the widgets is done and drawn.

        Textual takes a process that used little of the processor for one that has nothing to do; on a busy machine
        it merely was not let. So nothing may wait in the event loop either, and the screen must have its layout.
        """
        deadline = monotonic() + DEADLINE_S
        await self.pilot.pause()
        while not self._is_at_rest() and monotonic() < deadline:
            await asyncio.sleep(0.001)

    def _is_at_rest(self) -> bool:
        is_laid_out = self.app.screen._compositor.size == self.app.size
        return is_laid_out and not asyncio.get_running_loop()._ready  # type: ignore[attr-defined]

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Until `condition()` is true, and what goes with it is drawn.

        Raises:
            AssertionError: it was not true in time.
        """
        deadline = monotonic() + DEADLINE_S
        while not condition():
            assert monotonic() < deadline, f"not within {DEADLINE_S} s: {what or condition}"
            await asyncio.sleep(0.002)
        await self.settle()

    async def see(self, words: str) -> None:
        """Until these words are on screen.

        Raises:
            AssertionError: they did not come in time.
        """
        deadline = monotonic() + DEADLINE_S
        while not self.has(words):
            assert monotonic() < deadline, f"{words!r} is not on screen:\n{self.text()}"
            await self.settle()


@asynccontextmanager
async def opened(
    *,
    size: tuple[int, int] = (120, 40),
    sessions: Iterable[Session] = (),
    agents: Iterable[Agent] | None = AGENTS,
    config: Config | None = None,
    profiles: tuple[str, ...] = ("local",),
    **options: Any,
) -> AsyncIterator[OpenedApp]:
    """The app, running and settled, with its sessions loaded and the agents of the first profile listed.

    Args:
        size: Columns and rows.
        sessions: What is saved.
        agents: What the first profile lists; None: it has not answered yet.
        config: What the person has set.
        profiles: Names of the profiles.
        options: More of `UiOptions`.
    """
    engine, clock, copied = RecordingEngine(), ManualClock(), []

    def copy(text: str, write_terminal: Callable[[str], None]) -> CopyResult:
        copied.append(text)
        return CopyResult(f"Copied {len(text)} characters")

    ui = UiOptions(**{"config": config or Config(), "profiles": profiles, "copy": copy, "clock": clock, **options})
    app = SuperserveApp(engine, ui)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        desk = OpenedApp(app, pilot, engine, clock, copied)
        await desk.until(lambda: engine.is_started, "the engine is started")
        await desk.feed(SessionsLoaded(tuple(sessions)))
        if agents is not None:
            await desk.feed(AgentsListed(profiles[0], tuple(agents)))
        yield desk
