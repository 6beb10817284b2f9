"""The messages that an agent of any kind may speak in a turn, as what the person sees (PROTOCOL 6).

May import: protocol, the agents' base, the standard library.
"""

from __future__ import annotations

import json
from typing import Any

from superserve_tui.protocol import JsonObject
from superserve_tui.server.agents.base import TurnSink

__all__ = ["AgentMessages", "id_of", "words_of"]


class AgentMessages:
    """Shows `text`, `status`, `metadata`, `tool_start` and `tool_end` of one turn."""

    def __init__(self) -> None:
        self._calls: list[str] = []

    def show(self, message: JsonObject, sink: TurnSink) -> bool:
        """Pass one message on; False where its type is none of these."""
        match message:
            case {"type": "text"}:
                sink.text(words_of(message.get("content")))
            case {"type": "status"}:
                sink.status(words_of(message.get("content")))
            case {"type": "metadata"}:
                data = message.get("data")
                sink.event("metadata", data if isinstance(data, dict) else {"data": data})
            case {"type": "tool_start"}:
                tool = words_of(message.get("tool")) or "tool"
                self._calls.append(sink.tool_start(tool, message.get("input"), call_id=id_of(message.get("id"))))
            case {"type": "tool_end"}:
                self._end_call(id_of(message.get("id")), sink)
            case _:
                return False
        return True

    def _end_call(self, call_id: str | None, sink: TurnSink) -> None:
        """End the call that is named, else the oldest that still runs."""
        if call_id is None and self._calls:
            call_id = self._calls[0]
        if call_id is not None:
            if call_id in self._calls:
                self._calls.remove(call_id)
            sink.tool_end(call_id)


def words_of(value: Any) -> str:
    """A string as it is, nothing as nothing, anything else as its JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def id_of(value: Any) -> str | None:
    """A call's id: text, or a number; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None
