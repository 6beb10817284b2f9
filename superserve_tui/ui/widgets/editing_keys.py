"""Keys that edit a text, taken where the text is: a burst of keys keeps its order.

Textual runs a binding only when the key has come back to the app: `the`, backspace, backspace, `heme` in one read
would be typed first and erased from behind.

May import: textual.
"""

from __future__ import annotations

from textual import events
from textual.widgets import Input, TextArea

__all__ = ["edit_by_key"]

_NOT_EDITING = ("submit", "scroll_", "page_")
"""Beginnings of actions that these widgets bind keys to as well, and that dialogs have other uses for."""


async def edit_by_key(widget: Input | TextArea, event: events.Key) -> None:
    """Do now what the widget itself binds a key to, where that edits; else leave the key as it is."""
    for binding in widget._bindings.key_to_bindings.get(event.key, ()):
        if not binding.action.startswith(_NOT_EDITING):
            event.stop()
            event.prevent_default()
            await widget.run_action(binding.action)
