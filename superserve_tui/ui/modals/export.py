"""The transcript to a file: format, tools, name, what looks like a secret in it, and how large it would be.

May import: domain, exporting (on a thread), protocol, ui.words, the UI's widgets, textual, rich.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from superserve_tui.domain import (
    ExportFormat,
    SecretCount,
    SecretKind,
    Session,
    TranscriptRead,
    Turn,
    clean_line,
    export_name,
)
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.modals.dialog import Choice, Dialog
from superserve_tui.ui.widgets.choice_line import ChoiceLine
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row
from superserve_tui.ui.words import session_title, size

if TYPE_CHECKING:
    from superserve_tui.exporting import Export

__all__ = ["ExportDialog"]

_FORMATS = (
    (ExportFormat.MARKDOWN, "Markdown"),
    (ExportFormat.TEXT, "Text"),
    (ExportFormat.JSON, "JSON"),
    (ExportFormat.HTML, "HTML"),
)

_PLACE_CHARS = 44
"""Of a folder, at most: its line stays one line."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person has chosen."""

    format: ExportFormat
    with_tools: bool
    mask: frozenset[SecretKind]


_FRAME_LINES = 4
"""Of the dialog above and below what it scrolls to, with two to spare; the list is no taller than what is left."""


class SecretList(LineList):
    """What looks like a secret, by kind: masked, or kept. Space and a click change that."""

    DEFAULT_CSS = "SecretList { height: auto; max-height: 7; background: $surface; }"

    class Toggled(Message):
        """A kind is to be masked, or kept."""

    class Taken(Message):
        """Enter was pressed."""

    def __init__(self) -> None:
        super().__init__(id="export-secrets")
        self.masked: set[SecretKind] = set(SecretKind)
        """The kinds to mask: every one that the person has not chosen to keep."""
        self._counts: dict[str, SecretCount] = {}

    def show(self, counts: Iterable[SecretCount]) -> None:
        """What was found."""
        self._counts = {each.kind.value: each for each in counts}
        self.set_rows([Row(key) for key in self._counts])
        self.styles.height = min(len(self._counts), max(1, self.app.size.height - _FRAME_LINES))
        self.display = bool(self._counts)

    def on_key(self, event: events.Key) -> None:
        """Space changes, Enter saves; up beyond the first leaves the list."""
        if event.key == "space" and self.cursor_key:
            self.on_row_chosen(self.cursor_key)
        elif event.key == "enter":
            self.post_message(self.Taken())
        elif event.key == "up" and self.cursor <= 0:
            self.screen.focus_previous()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_row_chosen(self, key: str) -> None:
        """Masked, or kept."""
        self.masked ^= {SecretKind(key)}
        self.refresh_row(key)
        self.post_message(self.Toggled())

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """Whether it is masked, what it is, how often it is there."""
        count = self._counts[row.key]
        mark, word = ("[x]", "masked") if count.kind in self.masked else ("[ ]", "kept")
        places = f"{count.places} place{'' if count.places == 1 else 's'}"
        if count.places > 1:
            places += f", {count.values} different"
        return [
            (f" {mark} ", "list--text"),
            (f"{word:<8}", "list--text" if word == "masked" else "list--muted"),
            (f"{count.kind.noun:<28}", "list--text"),
            (places, "list--muted"),
        ]


class ExportDialog(Dialog[str]):
    """Writes the file and answers with what became of it; None on Escape. What goes wrong is said here.

    Args:
        session: Whose transcript.
        folder: Where a file goes whose name says no folder.
        read: Asks for the transcript; it comes by `show`.
    """

    DEFAULT_CSS = """
    ExportDialog > Vertical { width: 76; }
    ExportDialog Horizontal { height: 1; }
    ExportDialog .label { width: 7; color: $text-muted; }
    ExportDialog ChoiceLine { width: 1fr; &:disabled { color: $text-disabled; } }
    ExportDialog Input { width: 1fr; padding: 0 2; }
    ExportDialog #export-told { height: auto; margin: 0 0 1 9; color: $text-muted; &.-failed { color: $error; } }
    ExportDialog #export-found { height: auto; color: $text-muted; }
    """

    def __init__(self, session: Session, *, folder: Path, read: Callable[[], None]) -> None:
        super().__init__()
        self._session, self._folder, self._read = session, folder, read
        self._turns: Sequence[Turn] | None = None
        self._format = ExportFormat.MARKDOWN
        self._made: Export | None = None
        """The last export that was made."""
        self._making: Wish | None = None
        """What is being made; the thread that makes it gives up once this is something else."""
        self._is_save_due = self._is_saving = False

    def compose(self) -> ComposeResult:
        """The choices, the name, the size, the secrets."""
        with Vertical():
            yield Static(Text(f'Export "{session_title(self._session, limit=60)}"'), classes="dialog--title")
            with Horizontal():
                yield Static("Format", classes="label")
                yield ChoiceLine([(each.value, words) for each, words in _FORMATS], id="export-format")
            with Horizontal():
                yield Static("Tools", classes="label")
                yield ChoiceLine([("with", "with their inputs"), ("without", "without")], id="export-tools")
            with Horizontal():
                yield Static("File", classes="label")
                yield LineInput(export_name(self._session, self._format), select_on_focus=False, id="export-file")
            yield Static("", id="export-told")
            yield Static("", id="export-found")
            yield SecretList()
            yield KeyHints()

    def on_mount(self) -> None:
        """Ask for the transcript."""
        self._list_secrets({})
        self.query_one("#export-format").focus()
        self._tell()
        self._read()

    def on_unmount(self) -> None:
        """Nobody waits for what is being made."""
        self._making = None

    def on_key(self, event: events.Key) -> None:
        """Up and Down walk through the fields."""
        if event.key in ("up", "down"):
            (self.focus_previous if event.key == "up" else self.focus_next)()
            event.stop()

    def show(self, change: TranscriptRead) -> None:
        """The transcript came; another session's is passed over."""
        if change.session_id == self._session.id:
            self._turns = change.turns
            self._wish_anew()

    # -- what the person does

    @on(ChoiceLine.Changed)
    def _choice_changed(self) -> None:
        before, self._format = self._format, ExportFormat(self.query_one("#export-format", ChoiceLine).value)
        line = self.query_one("#export-file", Input)
        if line.value.endswith(before.suffix):
            line.value = line.value.removesuffix(before.suffix) + self._format.suffix
        self.query_one("#export-tools").disabled = self._format is ExportFormat.JSON
        self._wish_changed()

    @on(SecretList.Toggled)
    def _wish_changed(self) -> None:
        self._is_save_due = False
        self._wish_anew()

    @on(Input.Changed)
    def _name_changed(self) -> None:
        self._tell()

    @on(ChoiceLine.Taken)
    @on(Input.Submitted)
    @on(SecretList.Taken)
    def _save_wanted(self) -> None:
        """As soon as it is made."""
        self._is_save_due = True
        self._tell()
        self._save_if_due()

    # -- making

    def _wish_anew(self) -> None:
        """Another export is wished for; the one that is being made is given up."""
        is_idle = self._making is None
        if self._turns:
            self._making = self._wish()
            if is_idle:
                self._make(self._turns)
        self._tell()

    @work
    async def _make(self, turns: Sequence[Turn]) -> None:
        """Until the export is there that is wished for now; one at a time."""
        while (wish := self._making) is not None:
            is_wanted = partial(self._is_wished, wish)
            made = await asyncio.to_thread(_made, self._session, turns, wish, is_wanted)
            if made is not None and self._is_wished(wish):
                self._made, self._making = made, None
                self._show_secrets(made)
                self._tell()
                self._save_if_due()

    def _is_wished(self, wish: Wish) -> bool:
        """Whether that is still to be made. Any thread."""
        return self._making is wish

    def _show_secrets(self, made: Export) -> None:
        counts = {each.kind: each for each in (*made.found, *made.masked)}
        words = "What looks like a secret in it:" if counts else "Nothing in it looks like a secret."
        self.query_one("#export-found", Static).update(words)
        self._list_secrets(counts)

    def _list_secrets(self, counts: Mapping[SecretKind, SecretCount]) -> None:
        """What there is to mask, and the key for that where there is something."""
        self.query_one(SecretList).show(counts[kind] for kind in SecretKind if kind in counts)
        mask = (("Space", "mask"),) if counts else ()
        keys = (("Enter", "save"), ("Left Right", "choose"), ("Up Down", "field"), *mask, ("Esc", "close"))
        self.query_one(KeyHints).show(*keys)

    # -- saving

    def _save_if_due(self) -> None:
        if self._is_save_due and not self._is_saving and self._making is None and self._made is not None:
            self._is_save_due, self._is_saving = False, True
            self._save(self._made)

    @work
    async def _save(self, made: Export, *, is_sure: bool = False) -> None:
        typed = self.query_one("#export-file", Input).value
        try:
            path = await asyncio.to_thread(_saved, made, typed, self._folder, is_sure)
        except FileExistsError as error:
            self._ask(made, str(error.filename))
        except OSError as error:
            self._tell(f"Not saved: {error.strerror or error}.")
        else:
            masked = sum(each.places for each in made.masked)
            words = f"Saved {size(len(made.content))} to {path}"
            self.dismiss(f"{words}, {masked} place{'' if masked == 1 else 's'} masked" if masked else words)
        self._is_saving = False

    def _ask(self, made: Export, path: str) -> None:
        """A file of that name is there: its end is for the person to say."""

        def answered(answer: str | None) -> None:
            if answer == "replace":
                self._is_saving = True
                self._save(made, is_sure=True)
            else:
                self.query_one("#export-file").focus()

        choices = (("other", "Another name"), ("replace", "Replace it"))
        question = Choice("Replace the file?", "It is there already.", choices, quote=clean_line(path))
        self.app.push_screen(question, answered)

    # -- drawing

    def _wish(self) -> Wish:
        return Wish(
            self._format,
            with_tools=self.query_one("#export-tools", ChoiceLine).value == "with",
            mask=frozenset(self.query_one(SecretList).masked),
        )

    def _tell(self, problem: str = "") -> None:
        """The size and the place, or what is in the way."""
        told = self.query_one("#export-told", Static)
        told.set_class(bool(problem), "-failed")
        told.update(Text(problem or self._state_words()))

    def _state_words(self) -> str:
        if self._turns is None:
            return f"reading the transcript{' and saving it then' if self._is_save_due else ''} …"
        if not self._turns:
            return "Nothing has been said in it yet."
        place = self._folder / os.path.expanduser(self.query_one("#export-file", Input).value.strip())
        where = f"in {_short(place.parent)}"
        if self._making is not None or self._made is None:
            return f"{'saving it once it is made' if self._is_save_due else 'making it'} …, {where}"
        return f"{size(len(self._made.content))}, {where}"


def _made(session: Session, turns: Sequence[Turn], wish: Wish, is_wanted: Callable[[], bool]) -> Export | None:
    """The export, None where nobody waits for it any more. Any thread but the main one."""
    from superserve_tui.exporting import UnwantedError, export_transcript

    try:
        return export_transcript(
            session, turns, wish.format, with_tools=wish.with_tools, mask=wish.mask, is_wanted=is_wanted
        )
    except UnwantedError:
        return None


def _saved(made: Export, typed: str, folder: Path, is_sure: bool) -> Path:
    from superserve_tui.exporting import export_place, save_export

    path = export_place(made, typed, folder=folder)
    save_export(made, path, is_sure=is_sure)
    return path


def _short(path: Path) -> str:
    """With `~` for the home folder, and its end where it is long."""
    if path == Path():
        return "this folder"
    home = Path.home()
    words = f"~/{path.relative_to(home)}" if home != path and path.is_relative_to(home) else str(path)
    words = clean_line(words)
    return words if len(words) <= _PLACE_CHARS else "…" + words[1 - _PLACE_CHARS :]
