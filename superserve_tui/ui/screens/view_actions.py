"""Keys that work everywhere and concern what is seen: panes, help, the palette, jump mode, finding, the mouse.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.geometry import Offset
from textual.widget import Widget

from superserve_tui.ui import modals
from superserve_tui.ui.actions import ACTIONS, Where
from superserve_tui.ui.screens.base import ScreenBase
from superserve_tui.ui.screens.layout import ToolsMode
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from superserve_tui.ui.widgets.find_bar import FindBar

__all__ = ["ViewActions"]

_PANES = {"s": "#sessions", "t": "#log", "m": "#composer", "o": "#tool-list"}
"""Jump mode's letters: sessions, transcript, message, tools."""
_NOT_BY_NAME = {"app.palette", "app.back", "app.copy_or_clear", "sidebar.open", "sidebar.new", "sidebar.rename"}
"""Actions that mean nothing in the palette, or stand in it already."""

_ALSO = {
    "app.quit": "exit",
    "app.config": "settings",
    "session.new": "clear reset agents",
    "session.switch": "sessions resume history search",
    "session.stop": "cancel",
    "app.login": "login",
}
"""What people type behind a slash elsewhere, or in plain mode."""


class ViewActions(ScreenBase):
    """Everywhere: what is seen."""

    def action_view_tools(self) -> None:
        """Full, one line, off, and full again."""
        is_full = not self.has_class("-no-tools")
        is_line = not is_full and not self.has_class("-no-ticker")
        self.tools_wish = ToolsMode.LINE if is_full else ToolsMode.OFF if is_line else ToolsMode.FULL
        self.show_layout()

    def action_view_sidebar(self) -> None:
        """On or off; one that lies over the transcript gets the focus."""
        self.sidebar_wish = self.has_class("-no-sidebar")
        self.show_layout()
        if self.sidebar_wish:
            self.query_one(SessionList).focus()
        else:
            self.query_one(Composer).focus()

    def action_view_help(self) -> None:
        """All keys."""
        self.app.push_screen(modals.HelpDialog(self.focused_pane, self.keymap))

    def action_app_try_keys(self) -> None:
        """See what arrives of each key."""
        self.app.push_screen(modals.TryKeysDialog(self.keymap))

    def action_view_next_pane(self) -> None:
        """The next pane; while a file is being chosen, that one."""
        if not self.query_one(Composer).take_mention():
            self.focus_next()

    def action_view_previous_pane(self) -> None:
        """The pane before."""
        self.focus_previous()

    # -- the palette

    def action_app_palette(self) -> None:
        """Find any action by name."""
        self._open_palette(is_slash=False)

    @on(Composer.SlashTyped)
    def _slash_typed(self) -> None:
        """The palette has the keyboard from here on; what was on its way to the composer is handed over to it."""
        palette = self._open_palette(is_slash=True)
        composer = self.query_one(Composer)
        composer.call_later(lambda: palette.call_later(self._hand_over, palette, composer.take_ahead()))

    async def _hand_over(self, palette: modals.Palette, keys: list[events.Key]) -> None:
        if rest := await palette.take_keys(keys):
            self.query_one(Composer).insert(rest)

    def _open_palette(self, *, is_slash: bool) -> modals.Palette:
        items = [
            modals.Pickable(each.id, each.name, self.keymap.name(each), each.help, _ALSO.get(each.id, ""))
            for each in sorted(ACTIONS, key=lambda each: each.id == "app.quit")  # never the first that Enter takes
            if each.where is not Where.COMPOSER and each.id not in _NOT_BY_NAME
        ]
        if self.is_link_dead:
            items.sort(key=lambda each: each.key != "log.reconnect")

        def chosen(action_id: str | None) -> None:
            if action_id is not None:
                self.call_later(self.run_action, f"screen.{action_id.replace('.', '_')}")
            elif is_slash and not palette.is_erased:
                self.query_one(Composer).insert(f"/{palette.typed}")

        palette = modals.Palette(items, is_slash=is_slash)
        self.app.push_screen(palette, chosen)
        return palette

    # -- jump mode

    def action_app_jump(self) -> None:
        """A letter goes to a pane, a digit to a session."""
        targets: dict[str, Widget | str] = {}
        marks: list[modals.JumpTarget] = []
        for letter, selector in _PANES.items():
            for pane in self.query(selector):
                if not pane.region.area or not pane.display:
                    continue
                targets[letter] = pane
                marks.append(modals.JumpTarget(letter, Offset(max(0, pane.region.right - 4), pane.region.y)))
        listed = self.query_one(SessionList)
        for number, (session_id, y) in enumerate(listed.seen_rows()[:9], 1):
            targets[str(number)] = session_id
            marks.append(modals.JumpTarget(str(number), Offset(listed.region.x, listed.region.y + y)))

        def jumped(key: str | None) -> None:
            target = targets.get(key or "")
            if isinstance(target, Widget):
                target.focus()
            elif target is not None:
                self.open_session(target)

        self.app.push_screen(modals.JumpScreen(marks), jumped)

    # -- finding

    def action_log_find(self) -> None:
        """Find in this transcript."""
        if self.model.transcript is None:
            self.notify("There is no transcript to find anything in yet.", timeout=3)
        else:
            self.conversation.find_bar.open()

    def action_log_find_next(self) -> None:
        """The next hit."""
        self._step_find(1)

    def action_log_find_previous(self) -> None:
        """The hit before."""
        self._step_find(-1)

    def on_find_bar_changed(self, event: FindBar.Changed) -> None:
        """Other words to find; the handler goes by its name, its class is not loaded at the start."""
        self.log_view.find(event.words)
        self.conversation.find_bar.show_count(*self.log_view.found)

    def on_find_bar_stepped(self, event: FindBar.Stepped) -> None:
        """Another hit."""
        self._step_find(event.step)

    def _step_find(self, step: int) -> None:
        log = self.log_view
        if step > 0:
            log.find_next()
        else:
            log.find_previous()
        self.conversation.find_bar.show_count(*log.found)

    # -- the mouse

    def action_view_mouse(self) -> None:
        """The mouse to the terminal, and back."""
        self.is_mouse_released = not self.is_mouse_released
        self.post_message(self.MouseReleased(self.is_mouse_released))
        self.show_bars()
