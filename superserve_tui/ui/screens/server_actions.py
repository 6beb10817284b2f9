"""Keys that concern the servers: what is on them that is not in the list, ending what idles there, logging in.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from uuid import uuid4

from superserve_tui.domain import FarSession, FarSessionsListed, ProblemRaised, clean_line
from superserve_tui.engine import AttachSession, EndFarSession, EndSession, ListAgents, ListFarSessions
from superserve_tui.ui import modals
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer

__all__ = ["ServerActions"]

_IDLE_TIMES = ((900, "15 minutes"), (3600, "1 hour"), (28_800, "8 hours"), (86_400, "1 day"), (604_800, "7 days"))
"""Seconds and words of what `end all idle over` offers."""

_PREVIEWED = 12
"""Sessions named before they are ended; of more the number is said."""


class ServerActions(Part):
    """Everywhere: the servers."""

    # -- what is there

    def action_session_attach(self) -> None:
        """Ask every server for what is not in the list."""
        dialog = modals.FarDialog(self.options.profiles, self.options.clock.now())
        self.app.push_screen(dialog, lambda answer: self._far_chosen(dialog, answer))
        for profile in self.options.profiles:
            self.engine.send(ListFarSessions(profile))

    def far_listed(self, answer: FarSessionsListed) -> None:
        """A server has answered."""
        if isinstance(self.app.screen, modals.FarDialog):
            self.app.screen.show(answer)

    def _far_chosen(self, dialog: modals.FarDialog, answer: modals.FarAnswer | None) -> None:
        match answer:
            case ("attach", profile, server_id):
                self._attach_far(dialog, profile, server_id)
            case ("end idle", _, _):
                self._ask_idle(dialog)
            case ("login", profile, _):
                problem = dialog.listed[profile].problem
                self.offer_login(profile, problem.what if problem is not None else "")
            case _:
                self.query_one(Composer).focus()

    def _attach_far(self, dialog: modals.FarDialog, profile: str, server_id: str) -> None:
        far = next(far for far in dialog.listed[profile].sessions if far.info.id == server_id)
        session_id = uuid4().hex
        self.engine.send(AttachSession(session_id, profile, server_id))
        agent = far.info.agent_name or far.info.agent_id
        self.model.expect(session_id, profile=profile, agent=agent, now=self.options.clock.now())
        self.open_session(session_id)
        self._attaching = session_id
        self.query_one(Composer).focus()

    _attaching: str | None = None
    """A session whose server is being asked."""

    def tell_attached(self, session_id: str) -> None:
        """A session has come into the list: say so of one that was asked for."""
        if session_id == self._attaching:
            self._attaching = None
            words = (
                "Attached. Earlier messages are not available here; its agent remembers them. Quitting leaves it."
            )
            self.notify(words, timeout=8)

    # -- ending what idles

    def _ask_idle(self, dialog: modals.FarDialog) -> None:
        now = self.options.clock.now()
        items = [
            modals.Pickable(
                str(seconds),
                f"idle for over {words}",
                str(len(modals.idle_longer_than(dialog.listed, seconds, now))),
            )
            for seconds, words in _IDLE_TIMES
        ]

        def chosen(key: str | None) -> None:
            if key is not None:
                self._preview(modals.idle_longer_than(dialog.listed, float(key), now))

        self.app.push_screen(modals.Picker("End all idle over …", items, placeholder="how long"), chosen)

    def _preview(self, idle: list[tuple[str, FarSession]]) -> None:
        if not idle:
            self.notify("No session has idled for so long.", timeout=3)
            return
        lines = [
            clean_line(
                f"{profile}: {far.info.title or far.info.short_id} ({far.info.agent_name or far.info.agent_id})",
                limit=80,
            )
            for profile, far in idle[:_PREVIEWED]
        ]
        if len(idle) > _PREVIEWED:
            lines.append(f"and {len(idle) - _PREVIEWED} more")

        def answered(answer: str | None) -> None:
            if answer == "end":
                for profile, far in idle:
                    if far.session_id is None:
                        self.engine.send(EndFarSession(profile, far.info.id))
                    else:
                        self.engine.send(EndSession(far.session_id))

        words = f"{len(idle)} session{'s' if len(idle) != 1 else ''} will be ended; their agents forget them."
        choices = (("end", f"End {len(idle)}"), ("stay", "Keep them"))
        self.app.push_screen(
            modals.Choice("End idle sessions", words + "\n\n" + "\n".join(lines), choices), answered
        )

    # -- logging in

    def action_app_login(self) -> None:
        """Log in to the profile of the session on screen, else to the first that logging in helps."""
        session = self.model.current
        profiles = [session.profile] if session is not None else []
        for profile in (*profiles, *self.options.profiles):
            if self.offer_login(profile, f"A new key for {profile}."):
                return
        self.notify("No profile takes a login: its key comes from a variable, or it needs none.", timeout=6)

    def login_needed(self, change: ProblemRaised) -> bool:
        """A session's server does not accept the key: offer to log in; whether that was done."""
        session = self.model.sessions.get(change.session_id or "")
        if session is None or session.id != self.model.current_id or self.app.screen is not self:
            return False
        return self.offer_login(session.profile, change.problem.what)

    def offer_login(self, profile: str, reason: str) -> bool:
        """Ask whether to log in now; False where that would not help."""
        flow = self.options.login(profile)
        if flow is None:
            return False

        def closed(words: str | None) -> None:
            if words is not None:
                self.notify(words, timeout=6)
                self.engine.send(ListAgents(profile))
            self.query_one(Composer).focus()

        self.app.push_screen(modals.LoginDialog(flow, reason), closed)
        return True


def _name_of(far: FarSession) -> str:
    info = far.info
    return clean_line(f"{info.title or info.short_id} ({info.agent_name or info.agent_id})", limit=80)
