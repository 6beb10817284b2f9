"""Tool calls, put together from the pieces that a stream brings, and their arguments.

May import: protocol, the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from superserve_tui.protocol import JsonObject, dumps, loads, scrub

__all__ = ["CallAssembler", "CallRequest"]


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A tool call as the model asked for it."""

    id: str
    """Unique in its answer; made up where the endpoint gave none."""
    name: str
    arguments: str
    """As written by the model: mostly JSON, sometimes not."""

    def parse(self) -> JsonObject:
        """The arguments as an object; nothing at all is an empty one.

        Raises:
            ValueError: they are no JSON object.
        """
        text = self.arguments.strip()
        if not text:
            return {}
        value = loads(text)
        if isinstance(value, str):  # some models write JSON in a string
            value = loads(value)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value


@dataclass(slots=True)
class _Slot:
    """One call on its way."""

    key: str | None
    """The stream's index for it."""
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class CallAssembler:
    """Takes the deltas of one answer; several calls may come interleaved."""

    def __init__(self) -> None:
        self._slots: list[_Slot] = []

    def take(self, message: JsonObject) -> int:
        """The calls in a delta or a whole message; returns how many characters they had."""
        size = 0
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                size += self._take_call(call)
        if isinstance(old := message.get("function_call"), dict):
            size += self._take_call({"index": 0, "function": old})
        return size

    def requests(self) -> tuple[CallRequest, ...]:
        """The calls, in the order in which they began; those without a name are noise."""
        found: list[CallRequest] = []
        taken: set[str] = set()
        for number, slot in enumerate((slot for slot in self._slots if slot.name), 1):
            call_id = slot.id if slot.id and slot.id not in taken else f"call_{number}"
            while call_id in taken:
                call_id += "_"
            taken.add(call_id)
            found.append(CallRequest(call_id, slot.name, "".join(slot.arguments)))
        return tuple(found)

    def _take_call(self, call: JsonObject) -> int:
        function = call.get("function")
        function = function if isinstance(function, dict) else call
        name, arguments = _string(function.get("name")), function.get("arguments")
        slot = self._slot(_key(call.get("index")), _string(call.get("id")), name)
        if name and name != slot.name:  # a name comes whole, repeated, or in pieces
            slot.name += name
        piece = arguments if isinstance(arguments, str) else "" if arguments is None else dumps(arguments)
        piece = scrub(piece)
        slot.arguments.append(piece)
        return len(piece) + len(name)

    def _slot(self, key: str | None, call_id: str, name: str) -> _Slot:
        """The call that a delta belongs to: by index, by id, else the last one, unless it begins a new one."""
        for slot in reversed(self._slots):
            is_other = bool(call_id and slot.id and call_id != slot.id)
            if key is not None and slot.key == key and not is_other:
                slot.id = slot.id or call_id
                return slot
            if key is None and call_id and slot.id == call_id:
                return slot
        if key is None and not call_id and not name and self._slots:
            return self._slots[-1]
        self._slots.append(_Slot(key, call_id))
        return self._slots[-1]


def _key(index: Any) -> str | None:
    return None if index is None or isinstance(index, dict | list) else str(index)


def _string(value: Any) -> str:
    return scrub(value) if isinstance(value, str) else ""
