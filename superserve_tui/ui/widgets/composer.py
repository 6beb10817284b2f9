"""Where messages are written: several lines, large pastes folded, files to mention, history, Enter that sends.

May import: the text area that folds, the files' popup, textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.document._document import EditResult, Location
from textual.document._edit import Edit
from textual.message import Message

from superserve_tui.ui.widgets.file_popup import FilePopup
from superserve_tui.ui.widgets.folding_area import FoldingArea
from superserve_tui.ui.widgets.mentions import Candidate, mention_of

__all__ = ["Composer"]

_NEWLINE_KEYS = frozenset({"ctrl+j", "shift+enter", "alt+enter", "ctrl+enter"})


_UNPRINTED = frozenset("\u00a0\u2009\u202f\u3000\u200c\u200d")
"""Spaces and joiners that people type, and that Python does not count as printable."""


class Composer(FoldingArea):
    """Enter sends. What is in it is never thrown away: clearing puts it into the history."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 1;
        max-height: 8;
        border: none;
        padding: 0;
        background: transparent;
        scrollbar-size-vertical: 1;
        &:focus { border: none; background-tint: transparent 0%; }
        & .text-area--cursor-line { background: transparent; }
        & .text-area--placeholder { color: $text-muted; }
    }
    """

    @dataclass
    class Submitted(Message):
        """The person sends this text; empty: Enter on an empty line."""

        composer: Composer
        text: str
        revises: str | None = None
        """Id of the turn whose message it is again."""

        @property
        def control(self) -> Composer:
            """The composer."""
            return self.composer

    @dataclass
    class SlashTyped(Message):
        """A slash on an empty composer: the person wants to choose an action. Keys are kept until `take_ahead`."""

    @dataclass
    class MentionBegun(Message):
        """An `@` at the beginning of a word: the person may want to choose a file; `offer` takes them."""

    def __init__(self, files: FilePopup, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Args:
        files: where files are chosen from. The composer drives it, as it has the keys in their order.
        id: the widget's.
        """
        self._files = files
        self._mention: Location | None = None
        """Where the `@` of the mention stands that is being typed."""
        super().__init__(id=id)
        self.cursor_blink = False
        self._revises: str | None = None
        """Id of the turn whose message stands here again, until the line is emptied or another text comes."""
        self._ahead: list[events.Key] | None = None
        """Keys that came behind a slash, for the palette that it opens; None while none is awaited."""
        self._sent: list[str] = []
        self._place: int | None = None
        self._unsent: tuple[str, str, str | None] = "", "", None
        """What stood here before the walk began, how it was shown, and which turn's message it was again."""
        self._walked = ""
        """What the walk has put here."""

    # -- public

    @property
    def revises(self) -> str | None:
        """Id of the turn whose message stands here again."""
        return self._revises

    @property
    def draft(self) -> tuple[str, str | None]:
        """What the person writes, and which turn's message it is again: during a walk what stood here before it."""
        if self._place is not None and self.text == self._walked:
            return self._unsent[0], self._unsent[2]
        return self.text, self._revises

    def end_walk(self) -> None:
        """Another draft is about to come: what stood here before a walk comes back, or into the history."""
        if self._place is None:
            return
        text, shown, revises = self._unsent
        if self.text == self._walked:
            self.put(text, shown=shown, revises=revises)
        else:
            self._keep_unsent()

    @property
    def sent(self) -> list[str]:
        """What was sent before, newest first."""
        return list(self._sent)

    def set_history(self, prompts: Sequence[str]) -> None:
        """What Up walks through, newest first, behind what was sent here already."""
        self._sent = list(dict.fromkeys([*self._sent, *prompts]))
        self._place = None

    def add_to_history(self, text: str) -> None:
        """Remember a text as the newest."""
        if text.strip():
            self._sent = [text, *(each for each in self._sent if each != text)]
        self._place = None

    def put(self, text: str, *, shown: str | None = None, revises: str | None = None) -> None:
        """Show another draft, cleaned, the cursor at its end.

        Args:
            text: The draft.
            shown: What `shown` was when it stood here before: what was typed is not folded.
            revises: Id of the turn whose message it is, to be sent again.
        """
        super().put(text, shown=shown)
        self._end_mention()
        self._place, self._revises = None, revises

    def clear_to_history(self) -> None:
        """Empty it; Up brings the text back."""
        self._keep_unsent()
        self.add_to_history(self.text)
        self.put("")

    def take_ahead(self) -> list[events.Key]:
        """The keys behind a slash; from now on keys are the message's again."""
        keys, self._ahead = self._ahead or [], None
        return keys

    def offer(self, files: Sequence[Candidate]) -> None:
        """These files can be chosen for the mention that is being typed, if it still is."""
        self._files.offer(files)
        self._files.find(self._query())

    def take_mention(self) -> bool:
        """Write the chosen file's name into the message; whether there was one to choose."""
        at, path = self._mention, self._files.chosen
        if at is None or path is None or self._query() is None:
            return False
        self.replace(f"{mention_of(path)} ", at, self.cursor_location, maintain_selection_offset=False)
        return True

    def leave_mention(self) -> bool:
        """Leave what was typed as it is; whether there was a file to choose."""
        was_open = self._files.chosen is not None
        self._end_mention()
        return was_open

    # -- events

    @on(FoldingArea.SelectionChanged)
    def _cursor_moved(self) -> None:
        self._files.find(self._query())

    def on_blur(self) -> None:
        """Whoever goes elsewhere chooses no file."""
        self._end_mention()

    async def _on_key(self, event: events.Key) -> None:
        """Enter sends here, where the text is: a burst of keys keeps its order."""
        match event.key:
            case _ if self._ahead is not None:
                self._ahead.append(event)
            case "up" | "down" if self._files.chosen is not None:
                self._files.move_by(1 if event.key == "down" else -1)
            case "enter" if self.take_mention():
                pass
            case "enter":
                self._enter()
            case key if key in _NEWLINE_KEYS:
                self.insert("\n")
            case "up" if self.navigator.is_first_wrapped_line(self.cursor_location) and self._walk(1):
                pass
            case "slash" if not self.text:
                self._ahead = []
                self.post_message(self.SlashTyped())
            case "down" if self.navigator.is_last_wrapped_line(self.cursor_location) and self._walk(-1):
                pass
            case _ if event.character is not None and event.character in _UNPRINTED:
                self.insert(event.character)
            case _:
                return
        event.stop()
        event.prevent_default()

    def edit(self, edit: Edit) -> EditResult:
        """An empty line begins a message of its own; an `@` may begin a mention."""
        result = super().edit(edit)
        if self.document.end == (0, 0):
            self._revises = None
        row, column = result.end_location
        before = self.document.get_line(row)[: column - 1]
        if edit.text == "@" and (not before or before[-1] in " \t("):
            self._mention = (row, column - 1)
            self._files.offer(())
            self.post_message(self.MentionBegun())
        self._files.find(self._query())
        return result

    # -- private

    def _enter(self) -> None:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        if column and line[column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column))
            return
        text = self.text if self.text.strip() else ""
        submitted = self.Submitted(self, text, self._revises)
        self._keep_unsent()
        self.add_to_history(text)
        self.put("")
        self.post_message(submitted)

    def _query(self) -> str | None:
        """What was typed of a file's name, up to the cursor; None where no mention is being typed."""
        if self._mention is None:
            return None
        (row, start), (at, column) = self._mention, self.cursor_location
        typed = self.document.get_line(row)[start:column] if row == at < self.document.line_count else ""
        if not typed.startswith("@") or any(sign.isspace() for sign in typed):
            self._mention = None
            return None
        return typed[1:]

    def _end_mention(self) -> None:
        self._mention = None
        self._files.find(None)

    def _keep_unsent(self) -> None:
        """A text of the walk is used: what stood here before it is in the history from now on."""
        if self._place is not None:
            self.add_to_history(self._unsent[0])

    def _walk(self, step: int) -> bool:
        """Go to an older (1) or newer (-1) text; whether there was one."""
        place = -1 if self._place is None else self._place
        following = place + step
        if not -1 <= following < len(self._sent) or following == place:
            return False
        if self._place is None:
            self._unsent = self.text, self.shown, self._revises
        text, shown, revises = self._unsent if following == -1 else (self._sent[following], None, None)
        self.put(text, shown=shown, revises=revises)
        self._place = None if following == -1 else following
        self._walked = self.text
        return True
