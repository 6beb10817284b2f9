"""Keys that lead out of the app or into its settings: export, links, themes.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from superserve_tui.domain import Session, TranscriptRead, clean_line
from superserve_tui.engine import ReadTranscript
from superserve_tui.ui import modals
from superserve_tui.ui.screens.base import Part

if TYPE_CHECKING:
    from superserve_tui.ui.widgets.log import MessageLog

__all__ = ["OutActions"]


class OutActions(Part):
    """Out of the app, and its looks."""

    # -- export

    def action_log_export(self) -> None:
        """The session on screen to a file."""
        session, transcript = self.model.current, self.model.transcript
        if session is None or transcript is None or (transcript.is_loaded and not transcript.turns):
            self.notify("There is nothing to export here.", timeout=2)
        else:
            self.export(session)

    def action_sidebar_export(self) -> None:
        """The session under the cursor of the list; it is not opened for that."""
        if session := self.listed():
            self.export(session)

    def export(self, session: Session) -> None:
        """Ask how a session's transcript goes to a file; it is read anew, so that what runs is in it up to now."""

        def closed(words: str | None) -> None:
            if words is not None:
                self.notify(words, timeout=6)

        def read() -> None:
            self.engine.send(ReadTranscript(session.id))

        self.app.push_screen(modals.ExportDialog(session, folder=self.options.folder, read=read), closed)

    def transcript_read(self, change: TranscriptRead) -> None:
        """A transcript came in; the dialog that it is for may be gone."""
        for screen in self.app.screen_stack:
            if isinstance(screen, modals.ExportDialog):
                screen.show(change)

    # -- links

    def on_message_log_link_clicked(self, event: MessageLog.LinkClicked) -> None:
        """A link is opened only after its whole target was shown; its class is not loaded at the start."""

        def answered(answer: str | None) -> None:
            if answer == "open":
                self._open_link(event.target)
            elif answer == "copy":
                self.copy(event.target)

        choices = (("open", "Open"), ("copy", "Copy"), ("stay", "Close"))
        text = "An agent wrote this address. Open it in the browser?"
        self.app.push_screen(modals.Choice("Link", text, choices, quote=clean_line(event.target)), answered)

    @work
    async def _open_link(self, target: str) -> None:
        import webbrowser

        if not await asyncio.to_thread(webbrowser.open, target):
            self.notify("There is no browser to open it with; copy the address instead.", severity="warning")

    # -- themes

    def action_app_theme(self) -> None:
        """Choose a theme; each is shown as the cursor comes to it."""
        before = self.app.theme
        names = sorted(self.app.available_themes, key=lambda name: (not name.startswith("superserve"), name))
        items = [modals.Pickable(name, name, "in use" if name == before else "") for name in names]

        def chosen(name: str | None) -> None:
            self.app.theme = name or before
            if name is not None and name != before:
                self.options = replace(self.options, config=replace(self.options.config, theme=name))
                self._remember_theme(name)

        self.app.push_screen(
            modals.Picker("Theme", items, placeholder="name", on_highlight=self._try_theme), chosen
        )

    def _try_theme(self, name: str) -> None:
        self.app.theme = name

    @work
    async def _remember_theme(self, name: str) -> None:
        self.notify(await asyncio.to_thread(self.options.remember, "theme", name), timeout=4)
