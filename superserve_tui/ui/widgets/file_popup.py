"""Files to choose from above the composer, while a mention is typed.

May import: domain, the mentions, the list, rich.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from superserve_tui.domain import clean_line
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit
from superserve_tui.ui.widgets.mentions import Candidate, best_matches

__all__ = ["FilePopup"]

_FOUND = 50
_SEEN = 6
"""Rows of files in view."""


class FilePopup(LineList, can_focus=False):
    """The files that fit what was typed, the likeliest under the cursor; hidden where none does."""

    DEFAULT_CSS = "FilePopup { display: none; height: auto; margin: 0 1; background: $surface; }"

    def __init__(self) -> None:
        super().__init__(id="files", classes="-led")
        self._files: Sequence[Candidate] = ()
        self._query: str | None = None

    @property
    def chosen(self) -> str | None:
        """The path under the cursor, as it is on disk; None while there is nothing to choose."""
        return self.cursor_key if self.display else None

    def offer(self, files: Sequence[Candidate]) -> None:
        """These can be chosen from now on."""
        self._files, self._query = files, None

    def find(self, query: str | None) -> None:
        """Show what fits; None: nothing is to be chosen."""
        if query == self._query and query is not None:
            return
        self._query = query
        found = [] if query is None else best_matches(query, self._files, limit=_FOUND)
        self.display = bool(found)
        if found:
            self.set_rows([Row("", heading="Files   Enter or Tab inserts, Esc closes"), *map(Row, found)])
            self.styles.height = min(len(found), _SEEN) + 1
            self.scroll_home(animate=False)
            self.move_to(found[0])

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """The folder muted, the name not."""
        if not row.key:
            return [(f" {row.heading}", "list--muted")]
        folder, slash, name = row.key.rpartition("/")
        name = fit(clean_line(name, limit=400), max(4, width - 4))
        folder = fit(clean_line(folder + slash, limit=400), max(0, width - cell_len(name) - 2))
        return [(f" {folder}", "list--muted"), (name, "list--text")]
