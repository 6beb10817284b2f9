"""Keys of the message that is being written: the editor, what was sent before.

May import: domain, the UI's own modules, textual.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from textual import on, work

from superserve_tui.domain import clean_line
from superserve_tui.ui import modals
from superserve_tui.ui.actions import action
from superserve_tui.ui.editor import EditorError, edit_file
from superserve_tui.ui.screens.base import ScreenBase
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.line_list import LineList
from superserve_tui.ui.widgets.mentions import candidates_of

__all__ = ["MessageActions"]


SEARCHED_CHARACTERS = 10_000
"""Of each message sent before: five hundred of them are looked through at every key."""


class MessageActions(ScreenBase):
    """Writing with help."""

    def action_message_search(self) -> None:
        """Search what was sent, over all sessions."""
        composer = self.query_one(Composer)
        prompts = composer.sent
        items = [
            modals.Pickable(str(number), clean_line(prompt, limit=300), text=prompt[:SEARCHED_CHARACTERS])
            for number, prompt in enumerate(prompts)
        ]

        def chosen(key: str | None) -> None:
            if key is not None:
                composer.add_to_history(composer.text)
                composer.put(prompts[int(key)])
            composer.focus()

        self.app.push_screen(
            modals.Picker("Sent before", items, placeholder="words of a message", is_fuzzy=False), chosen
        )

    def action_message_editor(self) -> None:
        """Edit the message in $EDITOR; what was there stays if the editor fails."""
        composer = self.query_one(Composer)
        try:
            text = self._edit(composer.text)
        except (OSError, ValueError, EditorError) as error:
            self.notify(clean_line(str(error), limit=300), severity="error", markup=False)
            return
        composer.add_to_history(composer.text)
        composer.put(text.rstrip("\n"))
        composer.focus()

    @on(Composer.MentionBegun)
    @work(exclusive=True, group="mention")
    async def _find_files(self) -> None:
        """Look for files, off the main thread; to be chosen from where the session on screen is still the same."""
        session, to = self.model.current, self.addressee()
        profile, agent, server = to.profile, to.agent, None
        if session is not None:
            profile, agent = session.profile, session.agent
            server = None if session.state.is_over else session.server_url
        paths = await asyncio.to_thread(self.options.find_files, profile, agent, server)
        candidates = await asyncio.to_thread(candidates_of, paths)
        if self.model.current_id == (session.id if session is not None else None):
            self.query_one(Composer).offer(candidates)

    @on(LineList.Chosen, "#files")
    def _file_chosen(self) -> None:
        self.query_one(Composer).take_mention()

    def action_message_unfold(self) -> None:
        """Show in full what was folded."""
        if not self.query_one(Composer).unfold():
            self.notify(
                f"Too large to be edited here; {self.keymap.name(action('message.editor'))} opens an editor."
            )

    def _edit(self, text: str) -> str:
        """Run the editor on a private file.

        Raises:
            OSError: the file can't be used.
            ValueError: what was written is no UTF-8.
            EditorError: the editor did not work.
        """
        descriptor, name = tempfile.mkstemp(prefix="message-", suffix=".md")
        path = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            edit_file(self.app, path)
            return path.read_text(encoding="utf-8")
        finally:
            path.unlink(missing_ok=True)
