"""What stands around an answer: labels, tool calls, folds, the footer, dividers. One quiet row each.

May import: rich, protocol, domain, the log's own modules.
"""

from __future__ import annotations

import json
from typing import Any, Final

from rich.segment import Segment
from rich.style import Style

from superserve_tui.domain import Turn, TurnState, clean, clean_line
from superserve_tui.protocol import CallState, ToolCall, short_id
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.widgets.log.blocks import Block, Kind
from superserve_tui.ui.widgets.log.palette import Palette
from superserve_tui.ui.widgets.log.rows import Row, Run
from superserve_tui.ui.widgets.log.wrap import break_words, cell_width, cut
from superserve_tui.ui.words import call_glyph, duration

__all__ = [
    "WAYS_ON",
    "CallRun",
    "Divider",
    "Fold",
    "Footer",
    "Label",
    "is_frame",
    "render_frame",
]

_Piece = tuple[str, Style]

_ERROR_LINES = 8
"""Lines of an error: what happened, and what an agent wrote last. Any others are folded into the last."""

_ERROR_LIMIT = 2000
"""Characters of each."""

WAYS_ON: Final = {
    TurnState.FAILED: "F12 agent's log   R last message again",
    TurnState.INTERRUPTED: "R last message again",
    TurnState.UNKNOWN: "R last message again",
}
"""What can be done then: the actions `session.log` and `log.retry`, by their keys as they come. That a turn can be
picked up is the key bar's to say: only the session knows whether this one can."""


@dataclass(frozen=True, slots=True)
class Label:
    """Who speaks, and when."""

    name: str
    time: str
    """HH:MM, local, and what else is to be said beside it; empty where unknown."""
    style: str
    """`you` or `agent`."""


@dataclass(frozen=True, slots=True)
class Divider:
    """A new server session begins here."""

    server_id: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A folded answer."""

    turn_id: str
    first: str
    """The beginning of its text."""
    lines: int
    """Lines of source text."""


@dataclass(frozen=True, slots=True)
class Footer:
    """How a turn ended, or how it is going."""

    turn: Turn
    calls: int
    status: str = ""
    """What the agent says that it does now; running turns only."""
    elapsed_s: int = 0
    """Running turns only."""


class CallRun:
    """Calls of one tool without text between them."""

    __slots__ = ("count", "duration_ms", "first", "interrupted", "name", "running", "said", "turn_id", "version")

    def __init__(self, turn_id: str, call: ToolCall) -> None:
        self.turn_id = turn_id
        self.name = clean_line(call.name, limit=64) or "tool"
        self.first = call.index
        self.count = 0
        self.running = 0
        self.interrupted = 0
        self.duration_ms = 0
        self.said = ""
        """The last call's input in a few words."""
        self.version = 0
        self.add(call)

    def takes(self, call: ToolCall) -> bool:
        """Whether `call` belongs to this run."""
        return (clean_line(call.name, limit=64) or "tool") == self.name

    def add(self, call: ToolCall) -> None:
        """One more call."""
        self.count += 1
        self.said = input_gist(call.input)
        self._count(call, 1)

    def change(self, old: ToolCall, new: ToolCall) -> None:
        """A call of the run is not what it was."""
        self._count(old, -1)
        self._count(new, 1)

    def _count(self, call: ToolCall, sign: int) -> None:
        self.version += 1
        self.duration_ms += sign * (call.duration_ms or 0)
        if call.state is CallState.RUNNING:
            self.running += sign
        elif call.state is CallState.INTERRUPTED:
            self.interrupted += sign


def render_frame(block: Block, width: int, palette: Palette, *, spinner: str) -> list[Row]:
    """The rows of a block of the frame, without its margin; sets the block's plain text."""
    match block.payload:
        case Label() as label:
            pieces = [(label.name, palette[label.style])]
            if label.time:
                pieces.append((f" · {label.time}", palette["muted"]))
            return _rows(block, [pieces], width)
        case Divider() as divider:
            return [_divider(block, divider, width, palette)]
        case Fold() as fold:
            return _rows(block, [_fold(fold, palette)], width)
        case CallRun() as run:
            return _rows(block, [_calls(run, palette, spinner, width)], width)
        case Footer() as footer:
            return _rows(block, _footer(footer, palette, spinner, width), width)
        case _:
            raise TypeError(block.payload)


def _rows(block: Block, lines: list[list[_Piece]], width: int) -> list[Row]:
    rows: list[Row] = []
    plain: list[str] = []
    at = 0
    for pieces in lines:
        room = width
        segments: list[Segment] = []
        for text, style in pieces:
            shown = cut(text, room)
            if shown:
                segments.append(Segment(shown, style))
                room -= cell_width(shown)
            if room <= 0:
                break
        text = "".join(segment.text for segment in segments)
        rows.append(Row(segments, width - room, (Run(0, text, at),), at, at + len(text)))
        plain.append(text)
        at += len(text) + 1
    block.plain = "\n".join(plain)
    return rows


def _divider(block: Block, divider: Divider, width: int, palette: Palette) -> Row:
    said = cut(f" new session · {clean_line(short_id(divider.server_id))} ", max(1, width - 4))
    rest = max(0, width - 2 - cell_width(said))
    block.plain = said.strip()
    segments = [
        Segment("──", palette["line"]),
        Segment(said, palette["muted"]),
        Segment("─" * rest, palette["line"]),
    ]
    return Row(segments, width, (Run(3, block.plain, 0),), 0, len(block.plain))


def _fold(fold: Fold, palette: Palette) -> list[_Piece]:
    folded = Style(meta={"fold": fold.turn_id})
    noun = "line" if fold.lines == 1 else "lines"
    return [
        ("▸ ", palette["tool"] + folded),
        (f"{fold.lines} {noun}", palette["muted"] + folded),
        (f" · {fold.first}" if fold.first else "", palette.base + folded),
    ]


def _calls(run: CallRun, palette: Palette, spinner: str, width: int) -> list[_Piece]:
    target = Style(meta={"call": (run.turn_id, run.first)})
    if run.running:
        glyph, look, end = spinner, "running", "running"
    elif run.interrupted:
        glyph, look, end = call_glyph(CallState.INTERRUPTED), "warning", "interrupted"
    else:
        glyph, look, end = call_glyph(CallState.COMPLETED), "ok", duration(run.duration_ms)
    name = run.name if run.count == 1 else f"{run.name} ×{run.count}"
    tail = f" · {end}"
    room = width - 2 - cell_width(name) - cell_width(tail) - 1
    said = cut(run.said, room) if run.count == 1 and room >= 6 else ""
    return [
        (f"{glyph} ", palette[look] + target),
        (name, palette["tool"] + target),
        (f" {said}" if said else "", palette["muted"] + target),
        (tail, (palette["warning"] if run.interrupted else palette["muted"]) + target),
    ]


def _footer(footer: Footer, palette: Palette, spinner: str, width: int) -> list[list[_Piece]]:
    turn, muted = footer.turn, palette["muted"]
    tools = f"{footer.calls} tool{'' if footer.calls == 1 else 's'}"
    lines: list[list[_Piece]] = []
    match turn.state:
        case TurnState.QUEUED:
            return [[("◌ queued", muted)]]
        case TurnState.SENT | TurnState.STREAMING:
            pieces = [(f"{spinner} ", palette["running"]), (_elapsed_words(footer.elapsed_s), muted)]
            if footer.calls:
                pieces.append((f" · {tools}", muted))
            if status := clean_line(footer.status, limit=400):
                pieces.append((f" · {status}", palette["tool"]))
            return [pieces]
        case TurnState.COMPLETED:
            pieces = [("✓ ", palette["ok"])]
        case TurnState.FAILED:
            lines += _error_lines("failed", turn.error or "no reason given", width, palette["failed"], muted)
            pieces = []
        case TurnState.STOPPED | TurnState.CANCELLED:
            pieces = [(f"■ {turn.state.value} · ", palette["warning"])]
        case TurnState.INTERRUPTED | TurnState.UNKNOWN:
            lines += _error_lines(turn.state.value, turn.error or "", width, palette["warning"], muted)
            pieces = []
    if ways := WAYS_ON.get(turn.state):
        lines.append([(ways, muted)])
    if turn.max_turns_reached:
        said = clean_line(turn.max_turns_message or "", limit=2000)
        word = f"max turns reached: {said}" if said else "max turns reached"
        lines += [[(word[a:b], palette["warning"])] for a, b in _breaks(word, width)]
    took = duration(turn.duration_ms) if turn.duration_ms is not None else "duration unknown"
    lines.append([*pieces, (f"{took} · {tools}", muted)])
    return lines


def _error_lines(word: str, error: str, width: int, style: Style, rest_style: Style) -> list[list[_Piece]]:
    """What happened, and below it, quieter, the error's further lines with their indentation."""
    first, *rest = clean(error).strip("\n").expandtabs(4).split("\n", _ERROR_LINES - 1)
    said = clean_line(first, limit=_ERROR_LIMIT)
    told = [(f"{word}: {said}" if said else word, style)]
    told += [
        (" " * min(8, len(line) - len(line.lstrip(" "))) + text, rest_style)
        for line in rest
        if (text := clean_line(line, limit=_ERROR_LIMIT))
    ]
    return [[(text[a:b], look)] for text, look in told for a, b in _breaks(text, width)]


def _breaks(text: str, width: int) -> list[tuple[int, int]]:
    return break_words(text, width)


def _elapsed_words(seconds: int) -> str:
    """Whole seconds: tenths would flicker."""
    return f"{seconds} s" if seconds < 60 else duration(seconds * 1000)


def input_gist(value: Any) -> str:
    """A call's input in a few words: the one value that tells most, on one line."""
    if isinstance(value, dict):
        texts = [item for item in value.values() if isinstance(item, str) and item]
        if texts:
            return clean_line(texts[0], limit=160)
        if not value:
            return ""
    if isinstance(value, str):
        return clean_line(value, limit=160)
    if value is None:
        return ""
    if isinstance(value, list) and len(value) > 20:
        value = value[:20]
    try:
        return clean_line(json.dumps(value, ensure_ascii=False)[:2000], limit=160)
    except (RecursionError, ValueError, TypeError):
        return "…"


def is_frame(block: Block) -> bool:
    """Whether a block is rendered by this module."""
    return block.kind in _FRAME


_FRAME = frozenset({Kind.LABEL, Kind.CALLS, Kind.FOLD, Kind.FOOTER, Kind.DIVIDER})
