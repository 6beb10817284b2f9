"""A script's bytes on their way to becoming the answer's text.

May import: the agents' own modules, the standard library.
"""

from __future__ import annotations

import codecs

from superserve_tui.server.agents.base import TurnSink

__all__ = ["TextWriter"]


class TextWriter:
    """Decodes UTF-8 however it was cut, keeps paragraphs apart, and can be muted when the turn is stopped."""

    def __init__(self, sink: TurnSink) -> None:
        self._sink: TurnSink | None = sink
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._tail = ""
        self._starts_paragraph = False
        self.has_text = False
        """Whether anything but white space was printed."""

    def write(self, data: bytes) -> None:
        """More of what was printed; an unfinished character at its end waits for the rest."""
        self._show(self._decoder.decode(data))

    def finish(self) -> None:
        """Nothing more belongs to what was written: an unfinished character stays one."""
        self._show(self._decoder.decode(b"", True))

    def start_paragraph(self) -> None:
        """What follows is another thing (the answer after a greeting): a blank line goes between them."""
        self.finish()
        self._starts_paragraph = self.has_text

    async def ready(self) -> None:
        """Return when there is need of more; see `TurnSink`."""
        if self._sink is not None:
            await self._sink.ready()

    def mute(self) -> None:
        """Discard everything from now on."""
        self._sink = None

    def _show(self, text: str) -> None:
        if not text:
            return
        if self._starts_paragraph:
            self._starts_paragraph = False
            text = "\n" * (2 - (len(self._tail) - len(self._tail.rstrip("\n")))) + text
        self._tail = (self._tail + text)[-2:]
        self.has_text = self.has_text or not text.isspace()
        if self._sink is not None:
            self._sink.text(text)
