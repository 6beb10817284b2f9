"""One export: what is in it, what was masked, what should perhaps not leave.

May import: domain, the modules of exporting, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import overload

from superserve_tui.domain import (
    ExportFormat,
    SecretCount,
    SecretKind,
    Session,
    Turn,
    export_name,
    export_session,
)
from superserve_tui.domain.secrets import Masker, count_secrets, mask_transcript
from superserve_tui.protocol.records import dataclass

__all__ = ["Export", "UnwantedError", "export_transcript"]


class UnwantedError(Exception):
    """Nobody waits for the export any more; it ends between two turns."""


@dataclass(frozen=True, slots=True)
class Export:
    """A transcript as text, and what is to be known of it before it leaves."""

    text: str
    """The whole file."""
    name: str
    """A name for the file, from the session's id and date."""
    found: tuple[SecretCount, ...]
    """What looks like a secret and is still in it."""
    masked: tuple[SecretCount, ...]
    """What was masked."""

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return self.text.encode("utf-8", "replace")


def export_transcript(
    session: Session,
    turns: Sequence[Turn],
    export_format: ExportFormat,
    *,
    with_tools: bool = True,
    mask: Collection[SecretKind] = (),
    is_wanted: Callable[[], bool] = lambda: True,
) -> Export:
    """A transcript in one of the formats. What is not masked stands in it as it was sent. Any thread.

    Args:
        session: The session.
        turns: All its turns.
        export_format: What to make.
        with_tools: With the tool calls; JSON always has them.
        mask: The kinds of secrets to mask.
        is_wanted: Asked between two turns, since a page of thousands takes seconds.

    Raises:
        UnwantedError: nobody waits for it.
    """
    name = export_name(session, export_format)
    if not with_tools and export_format is not ExportFormat.JSON:
        turns = [replace(turn, calls=()) for turn in turns]
    masker, turns = Masker(mask), _Wanted(turns, is_wanted)
    if mask:
        session, masked = mask_transcript(session, turns, masker)
        turns = _Wanted(masked, is_wanted)
    return Export(
        text=_text(session, turns, export_format),
        name=name,
        found=count_secrets(session, turns),
        masked=masker.counts(),
    )


class _Wanted(Sequence[Turn]):
    """Turns that whoever walks through them goes on with only while the export is wanted."""

    def __init__(self, turns: Sequence[Turn], is_wanted: Callable[[], bool]) -> None:
        self._turns, self._is_wanted = turns, is_wanted

    def __len__(self) -> int:
        return len(self._turns)

    @overload
    def __getitem__(self, index: int) -> Turn: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Turn]: ...

    def __getitem__(self, index: int | slice) -> Turn | Sequence[Turn]:
        return self._turns[index]

    def __iter__(self) -> Iterator[Turn]:
        for turn in self._turns:
            if not self._is_wanted():
                raise UnwantedError
            yield turn


def _text(session: Session, turns: Sequence[Turn], export_format: ExportFormat) -> str:
    match export_format:
        case ExportFormat.HTML:
            from superserve_tui.exporting.page import html_page

            return html_page(session, turns)
        case ExportFormat.MARKDOWN | ExportFormat.JSON | ExportFormat.TEXT:
            return export_session(session, turns, export_format)
