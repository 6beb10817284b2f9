"""Keys in the order in which they were pressed.

Textual runs a priority binding as soon as the app sees its key; characters typed before it may still be on their
way to the widget that has the focus. Then half a message would go to the session that the key switches to.

May import: textual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.message_pump import MessagePump

__all__ = ["earlier_keys_taken"]

_PATIENCE_S = 0.5
"""A widget that is busy for longer gets what was typed later than the key."""


async def earlier_keys_taken(app: App[Any], key: str) -> None:
    """Before a key that has a priority binding: wait until the focused widget has taken what came before it.

    And until its screen has taken what that led to. For the app's own task.
    """
    if not app.screen_stack or app.focused is None:
        return
    found = (binding for _, each in app.screen._binding_chain for binding in each.key_to_bindings.get(key, ()))
    if not any(binding.priority for binding in found):
        return
    done = asyncio.Event()
    _pass_on([node for node in app.focused.ancestors_with_self if node is not app], done)
    with suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), _PATIENCE_S)


def _pass_on(nodes: Sequence[MessagePump], done: asyncio.Event) -> None:
    """Through the queue of each node, as a message bubbles."""
    if not nodes or not nodes[0].call_later(_pass_on, nodes[1:], done):
        done.set()
