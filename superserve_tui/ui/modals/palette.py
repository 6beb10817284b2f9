"""The palette: any action by its name. Behind a slash it is where a command is typed, and gives back what is none.

May import: the UI's own modules, textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.await_complete import AwaitComplete
from textual.widgets import Input

from superserve_tui.ui.modals.picker import Pickable, Picker, PickList
from superserve_tui.ui.widgets.line_input import LineInput

__all__ = ["Palette"]


class Palette(Picker):
    """Answers with the id of the chosen action, None where none was.

    Args:
        items: The actions, the most likely first.
        is_slash: It was opened by a slash at the beginning of a message: what fits no action is the message's text.
    """

    def __init__(self, items: Sequence[Pickable], *, is_slash: bool) -> None:
        nothing = "No action matches. Enter keeps it as the message." if is_slash else "No action matches."
        super().__init__("Actions", items, placeholder="what to do", nothing=nothing)
        self._is_slash = is_slash
        self.typed = ""
        """What was typed, once it is closed."""
        self.is_erased = False
        """The slash was taken back."""

    async def take_keys(self, keys: Sequence[events.Key]) -> str:
        """Keys that were typed before it had the keyboard; returns what was typed behind those that close it."""
        line = self.query_one(LineInput)
        for number, key in enumerate(keys, 1):
            if key.key == "enter":
                self._find(line.value.strip())
                self._submitted()
            elif key.key == "backspace" and not line.value:
                self._erase_slash()
            else:
                await line.take_key(key)
                continue
            return "".join(each.character or "" for each in keys[number:] if each.is_printable)
        return ""

    @on(LineInput.NothingLeft)
    def _erase_slash(self) -> None:
        """Backspace with nothing left takes the slash back."""
        if self._is_slash:
            self.is_erased = True
            self.dismiss(None)

    def dismiss(self, result: str | None = None) -> AwaitComplete:
        """Close; what was typed stays known."""
        self.typed = self.query_one(Input).value
        return super().dismiss(result)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        """The action under the cursor; without one a message was meant."""
        key = self.query_one(PickList).cursor_key
        if key or self._is_slash:
            self.dismiss(key)
