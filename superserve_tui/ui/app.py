"""The app: themes, the way to the engine and back, signals, and what happens when something breaks.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import Reactive
from textual.theme import Theme

from superserve_tui.domain import Change, QuitFinished, clean, clean_line
from superserve_tui.engine import Engine
from superserve_tui.ui.actions import action
from superserve_tui.ui.attention import alert_sequences, title_sequence
from superserve_tui.ui.in_turn import earlier_keys_taken
from superserve_tui.ui.options import UiOptions
from superserve_tui.ui.screens.main import MainScreen
from superserve_tui.ui.terminal import TerminalDriver
from superserve_tui.ui.themes import DEFAULT_THEME, THEMES

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

__all__ = ["SuperserveApp"]

_log = logging.getLogger(__name__)

FRAME_S = 1 / 30
"""Between two looks into the outbox while something streams."""

NOTICE_ROWS = 8
"""Rows of the window for each message that stands at once; the oldest gives way, so that the newest is seen."""
NOTICE_CHARS = 600
"""Of a message that pops up; a server's whole error page must not cover the screen."""

LASTING_S = 8
"""A message that stays this long says how to be rid of it."""

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


class SuperserveApp(App[None], inherit_bindings=False):
    """Shows one engine's sessions.

    Args:
        engine: Not started yet; the app starts it and drains it. Whoever made it ends it.
        options: Choices of the command line and the config.
    """

    TITLE = "superserve-tui"
    ENABLE_COMMAND_PALETTE = False
    # In dialogs, too; with the id of the action that the person may have given another key.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", show=False, priority=True, id="app.quit")]
    CSS_PATH = ["styles/app.tcss", "styles/main.tcss"]

    theme: Reactive[str] = Reactive(DEFAULT_THEME)
    """The theme's name. Ours is the default, so that the styles are not parsed for Textual's own first."""

    class EngineWoke(Message):
        """Changes wait in the outbox."""

    def __init__(self, engine: Engine, options: UiOptions) -> None:
        self._themes: dict[str, Theme] = {}
        super().__init__(driver_class=TerminalDriver)
        self._engine = engine
        self._drained_at = 0.0
        self._is_drain_due = False
        self._parting_words, self._owed_words = "", ""
        self._is_ready = False
        self._signal: int | None = None
        """The first signal that asked the app to leave."""
        known = options.config.theme
        if known != self.theme and known in self.available_themes:
            self.theme = known
        self._main = MainScreen(engine, options)
        self._title = ""

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and ours, by name; asked for before any can be registered, and 30 times a frame."""
        if not self._themes:
            self._themes = super().available_themes | {theme.name: theme for theme in THEMES}
        return self._themes

    def on_load(self) -> None:
        """Before the terminal is touched: from here on a signal must find the way out that restores it."""
        self._watch_signals()

    def get_default_screen(self) -> MainScreen:
        """The one screen that is always there."""
        return self._main

    @on(MainScreen.Ready)
    def _start_engine(self) -> None:
        """Once the first paint is out: what the engine loads and starts would delay it."""
        self.set_keymap(dict(self._main.keymap.overrides))
        if self._signal is not None:
            self.exit(return_code=128 + self._signal)
            return
        self._is_ready = True
        self._main.call_after_refresh(self._engine.start, self._engine_woke)

    async def on_event(self, event: events.Event) -> None:
        """A key that acts before all others waits for what was typed before it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await earlier_keys_taken(self, event.key)
        await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,  # noqa: ARG002 - foreign text is shown letter by letter
    ) -> None:
        """Pop a message up, cleaned and cut: it may quote a server, a file or a command line."""
        words = clean(message[: 4 * NOTICE_CHARS]).strip()
        if len(words) > NOTICE_CHARS:
            words = words[:NOTICE_CHARS].rstrip() + "…"
        key = self._main.keymap.name(action("app.back"))
        if timeout is not None and timeout >= LASTING_S and key and self.screen is self._main:
            words += f"\n{key} hides this."
        super().notify(words, title=clean_line(title, limit=60), severity=severity, timeout=timeout, markup=False)

    def on_notify(self) -> None:
        """Make room for a message that is about to pop up."""
        standing, most = list(self._notifications), max(1, self.size.height // NOTICE_ROWS)
        for old in standing[: max(0, len(standing) - most + 1)]:
            self._unnotify(old)

    @on(MainScreen.MouseReleased)
    def _release_mouse(self, event: MainScreen.MouseReleased) -> None:
        """Textual has no public way to lend the mouse; without a real terminal there is none to lend."""
        driver = self._driver
        if isinstance(driver, TerminalDriver):
            driver.lend_mouse(is_lent=event.is_released)

    def copy_to_clipboard(self, text: str) -> None:
        """What Textual's own widgets copy and cut goes the way of everything else, and that is said."""
        self._clipboard = text
        self._main.copy(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A screen that shows what each key is gets every one of them, also the app's own."""
        if getattr(self.screen, "takes_all_keys", False):
            return False
        return super().check_action(action, parameters)

    async def action_quit(self) -> None:
        """Textual's own way out leads to ours, from any dialog."""
        self._main.action_app_quit()

    def _engine_woke(self) -> None:
        """On the engine's thread."""
        self.post_message(self.EngineWoke())

    @on(EngineWoke)
    def _changes_wait(self) -> None:
        """Drain now if a frame has gone by, else when it has: one look per frame, however many changes."""
        if self._is_drain_due:
            return
        wait_s = FRAME_S - (monotonic() - self._drained_at)
        if wait_s <= 0:
            self._drain()
        else:
            self._is_drain_due = True
            self.set_timer(wait_s, self._drain)

    def _drain(self) -> None:
        self._is_drain_due = False
        self._drained_at = monotonic()
        changes = self._engine.drain()
        self._note_owed(changes)
        self._main.take(changes)
        self._mark_title()

    def _note_owed(self, changes: Sequence[Change]) -> None:
        """Sessions that could not be ended are told of once the screen is gone: nobody could read it there."""
        for change in changes:
            if isinstance(change, QuitFinished) and change.failed:
                what, them = ("1 session", "it") if change.failed == 1 else (f"{change.failed} sessions", "them")
                self._owed_words = (
                    f"superserve-tui: {what} could not be ended. {change.why}\nThe next start ends {them}."
                )

    def last_words(self) -> str:
        """What to say on standard error once the engine has quit and the terminal is as it was; often nothing."""
        self._note_owed(self._engine.drain())
        return clean("\n".join(filter(None, (self._parting_words, self._owed_words))))

    def _mark_title(self) -> None:
        """News and work, in the terminal's title."""
        is_marked = self._main.options.config.notify.title
        if not is_marked and not self._title:
            return
        sessions = self._main.model.sessions.values()
        unread, busy = sum(each.is_unread for each in sessions), sum(each.state.is_busy for each in sessions)
        title = title_sequence(unread, busy) if is_marked else title_sequence(0, 0)
        if title != self._title and isinstance(self._driver, TerminalDriver):
            self._title = title
            self._driver.give_title(title)

    @on(MainScreen.Alerted)
    def _alert(self, event: MainScreen.Alerted) -> None:
        for sequence in alert_sequences(event.session, event.turn, self._main.options.config.notify):
            self._write(sequence)

    def _write(self, sequence: str) -> None:
        """A sequence of our own, past what Textual draws; nothing where no terminal is."""
        if isinstance(self._driver, TerminalDriver) and sequence:
            self._driver.write(sequence)
            self._driver.flush()

    def _watch_signals(self) -> None:
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()

        def take(number: int, _frame: FrameType | None) -> None:
            """The loop's own handlers would go with the loop; a second signal right after it must not kill."""
            with suppress(RuntimeError):  # the loop is closed: the app is leaving already
                loop.call_soon_threadsafe(self._leave_by_signal, number)

        for number in _ENDING_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, take)

    def _leave_by_signal(self, number: int) -> None:
        """The terminal is restored by the normal way out; the sessions are ended by whoever runs the app."""
        if self._signal is not None:
            return
        self._signal = number
        if self._is_ready:  # a screen that is half mounted can't be left; `_start_engine` does it in a moment
            self._main.save_draft()
            self.exit(return_code=128 + number)

    def _fatal_error(self) -> None:
        """A bug: no traceback for the person; the log has it."""
        if self.is_headless:
            super()._fatal_error()
            return
        _log.critical("the app broke", exc_info=self._exception)
        name = type(self._exception).__name__
        self._parting_words = (
            f"superserve-tui: an error of its own ({name}) closed the app; nothing that was shown is lost.\n"
            "Start it again; `superserve-tui doctor` names the log that has the details."
        )
        self._close_messages_no_wait()
