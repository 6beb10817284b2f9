"""The main screen: sessions, transcript over composer, tools; status and keys below.

It draws the model and sends commands; what each key does is in the modules `*_actions`, what each fact leads to in
`reacting`, how all is drawn in `drawing`.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from superserve_tui.engine import (
    CreateSession,
    DropUntouched,
    Engine,
    FindPrompts,
    ListAgents,
    ResumeQueue,
    SaveDraft,
    SaveStrayDraft,
    SendPrompt,
)
from superserve_tui.engine.drafts import with_message
from superserve_tui.ui.actions import Where, bindings_for
from superserve_tui.ui.choice import Addressee, default_addressee
from superserve_tui.ui.keymap import key_notices, make_keymap
from superserve_tui.ui.model import Model
from superserve_tui.ui.needs import Walk
from superserve_tui.ui.options import UiOptions
from superserve_tui.ui.screens.base import ScreenBase
from superserve_tui.ui.screens.broadcast_actions import BroadcastActions
from superserve_tui.ui.screens.drawing import SPIN_S
from superserve_tui.ui.screens.layout import ToolsMode
from superserve_tui.ui.screens.log_actions import LogActions
from superserve_tui.ui.screens.message_actions import MessageActions
from superserve_tui.ui.screens.reacting import Reacting
from superserve_tui.ui.screens.settings_actions import SettingsActions
from superserve_tui.ui.screens.view_actions import ViewActions
from superserve_tui.ui.widgets.bars import KeyBar, StatusBar, TitleBar
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.file_popup import FilePopup
from superserve_tui.ui.widgets.kept import Column, Kept, Row
from superserve_tui.ui.widgets.line_list import LineList
from superserve_tui.ui.widgets.session_list import SessionList
from superserve_tui.ui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from textual.widgets import Input

    from superserve_tui.ui.widgets.log import MessageLog

__all__ = ["MainScreen"]

CLOCK_S = 1.0
"""Between two looks at the clock: countdowns, ages."""
_NO_DRAFT: tuple[str, str | None] = "", None
"""A draft, and the turn whose message it is again."""
CONFIG_NOTICES = 3
"""Faults of the config that pop up at the start, at most."""
DRAFT_S = 0.5
"""How long a draft may stand unsaved."""


class MainScreen(
    Kept, BroadcastActions, SettingsActions, LogActions, Reacting, ViewActions, MessageActions, ScreenBase
):
    """Everything but the dialogs."""

    class Ready(Message):
        """Everything is mounted: facts may come."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Where.ALL)]
    AUTO_FOCUS = "#composer"

    def __init__(self, engine: Engine, options: UiOptions) -> None:
        super().__init__()
        self.engine, self.options = engine, options
        self.keymap = make_keymap(options.config.keys)
        self.model = Model(options.clock, group_by=options.config.sidebar.group_by)
        self.walk = Walk()
        self.filter_words = ""
        self.sidebar_wish: bool | None = None
        self.tools_wish = ToolsMode.AUTO
        self._saved_draft = _NO_DRAFT
        self._shown_drafts: dict[str, str] = {}
        """How each draft that was typed in this run was shown when its session was left."""
        self._draft_timer: Timer | None = None
        self._is_fresh = True
        """Not shown yet."""

    def compose(self) -> ComposeResult:
        """Three columns over two bars; what a session brings comes with the first one."""
        self.show_layout()
        with Row(id="body"):
            with Column(id="sidebar"):
                yield Static("Sessions", classes="pane-title")
                yield Sessions(id="sessions")
            with Column(id="main"):
                yield TitleBar(id="title")
                yield Welcome(id="welcome")
                yield (files := FilePopup())
                with Row(id="composer-box"):
                    yield Static("❯", id="prompt-sign")
                    yield Composer(files, id="composer")
            with Column(id="tools"):
                yield Static("Tools", classes="pane-title", id="tools-title")
        yield StatusBar(id="status")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Start the clocks, ask for what is saved and who is there."""
        self.watch(self.query_one(SessionList), "scroll_y", self.place_editor, init=False)
        self.spinner = self.set_interval(SPIN_S, self.spin_if_due, pause=True)
        self.set_interval(CLOCK_S, self._tick)
        notices = [*map(str, self.options.notices), *map(str, key_notices(self.keymap, self.options.config_file))]
        if len(notices) > CONFIG_NOTICES:
            rest = len(notices) - CONFIG_NOTICES + 1
            notices[-rest:] = [f"And {rest} more faults; `superserve-tui doctor` names them all."]
        for notice in notices:
            self.notify(notice, title="Config", severity="warning", timeout=12)
        self.engine.send(FindPrompts())
        for profile in self.options.profiles:
            self.engine.send(ListAgents(profile))
        self.show_all()
        self.post_message(self.Ready())

    # -- the session on screen

    def open_session(self, session_id: str, *, turn: int | None = None, words: str = "") -> None:
        """Show a session; the one before is a key away."""
        model = self.model
        if session_id not in model.sessions or not self.is_attached:
            return
        if session_id != model.current_id:
            self.query_one(Composer).end_walk()
            self.save_draft()
            if model.current_id is not None:
                self._shown_drafts[model.current_id] = self.query_one(Composer).shown
            self.disarm()
            goes_along = self._show_draft(session_id)
            if model.current_id is not None:
                self.came_from = model.current_id, self.focused
                self.engine.send(DropUntouched(model.current_id))
            model.current_id = session_id
            model.unnoticed.discard(session_id)
            if goes_along:
                self.save_draft()
                self.engine.send(SaveStrayDraft(self.aside))  # last: no text is ever nowhere
        self.read_end(session_id)
        self.show_all()
        if turn is not None:
            self.log_view.reveal(turn, words)
        self._mark_read_if_seen()

    def _show_draft(self, session_id: str) -> bool:
        """Its draft in the composer; what was typed while no session was open goes along, or into the history.

        Returns:
            Whether it goes along. In the history it stays what the next start brings back.
        """
        composer, session = self.query_one(Composer), self.model.sessions[session_id]
        draft = session.draft
        self._saved_draft = draft, session.draft_revises
        if self.model.current_id is None and composer.text.strip():
            if not draft:
                return True
            composer.add_to_history(composer.text)
            self.aside = with_message(self.aside, composer.text)
        composer.put(draft, shown=self._shown_drafts.get(session_id), revises=session.draft_revises)
        return False

    def leave_current(self, *, keeps_text: bool = False) -> None:
        """Nothing is on screen any more; what was typed goes with the session, or stays in the composer."""
        self.model.current_id = None
        self._saved_draft = _NO_DRAFT
        if not keeps_text:
            self.query_one(Composer).put("")
        self.show_all()
        self.save_draft()

    def addressee(self) -> Addressee:
        """Where a new session would be made."""
        return default_addressee(self.model, self.options)

    def create_session(self, to: Addressee, *, title: str | None = None, idle_timeout_s: int | None = None) -> str:
        """Make a session and show it; returns its id."""
        session_id = uuid4().hex
        self.engine.send(
            CreateSession(
                session_id,
                profile=to.profile,
                agent=to.agent,
                idle_timeout_s=idle_timeout_s or self.options.idle_timeout_s,
                title=title or self.options.title,
            )
        )
        self.model.expect(session_id, profile=to.profile, agent=to.agent, now=self.options.clock.now())
        return session_id

    def save_draft(self) -> None:
        """Remember what stands in the composer, if it has changed; also where no session is open."""
        composer, session_id = self.query_one(Composer), self.model.current_id
        draft = text, revises = composer.draft
        if draft == self._saved_draft:
            return
        self._saved_draft = draft
        if session_id is None:
            self.engine.send(SaveStrayDraft(with_message(text, self.aside) if self.aside else text))
        else:
            self.engine.send(SaveDraft(session_id, text, revises))
            self.model.set_draft(session_id, text, revises=revises)

    @on(Composer.Changed)
    def _draft_changed(self) -> None:
        """A draft is saved once it has stood for a moment, not at every key."""
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_S, self._draft_due)

    def _draft_due(self) -> None:
        self._draft_timer = None
        self.save_draft()

    @on(Composer.Submitted)
    def _submitted(self, event: Composer.Submitted) -> None:
        if self.aside and event.text == self.aside:
            self.aside = ""
            self.engine.send(SaveStrayDraft(""))
        session = self.model.current
        if not event.text:
            if session is not None and session.is_queue_paused:
                self.engine.send(ResumeQueue(session.id))
            return
        if session is None:
            to = self.addressee()
            if not to.agent:
                composer = self.query_one(Composer)
                composer.put(with_message(composer.text, event.text))
                self.notify("No agent is known yet; ctrl+n shows what there is.", severity="warning")
                return
            if (agent := self.untrusted(to)) is not None:
                self.ask_trust(to, agent, event.text, lambda: self._send(self._opened_new(to), event.text))
                return
            self._send(self._opened_new(to), event.text)
        else:
            self._send(session.id, event.text, revises=event.revises)

    def _opened_new(self, to: Addressee) -> str:
        session_id = self.create_session(to)
        self.open_session(session_id)
        return session_id

    def _send(self, session_id: str, text: str, *, revises: str | None = None) -> None:
        self._saved_draft = _NO_DRAFT
        self.engine.send(SendPrompt(session_id, text, revises=revises))
        self.log_view.clear_cursor()
        self.log_view.to_end()

    # -- events

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """At the start all styles are fresh: Textual would work them out again, 25 ms on a slow core."""
        event.refresh_styles = not self._is_fresh
        self._is_fresh = False

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - the app's size is asked
        """Other panes for another size."""
        self.show_layout()
        self.call_after_refresh(self.show_bars)

    def on_descendant_focus(self) -> None:
        """Other keys matter in another pane."""
        self.show_bars()

    @on(LineList.Chosen, "#sessions")
    def _session_chosen(self, event: LineList.Chosen) -> None:
        self.open_session(event.key)
        if self.has_class("-sidebar-over"):
            self.sidebar_wish = None
            self.show_layout()
        self.query_one(Composer).focus()

    @on(LineList.Chosen, "#tool-list")
    def _call_chosen(self) -> None:
        self.action_tools_open()

    # These handlers go by their names: the classes of the messages are not loaded at the start.

    def on_message_log_call_clicked(self, event: MessageLog.CallClicked) -> None:
        """The whole call."""
        transcript = self.model.transcript
        turn = transcript.turn_of(event.turn_id) if transcript else None
        calls = transcript.calls_of(turn) if transcript and turn else ()
        if event.index < len(calls):
            self.show_call(calls[event.index])

    def on_message_log_cursor_moved(self) -> None:
        """The tools are those of the turn under the cursor."""
        self.show_tools()

    def on_log_view_follow_changed(self) -> None:
        """The end came into view, or left it."""
        self.show_below()
        self._mark_read_if_seen()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Other words to filter the list with."""
        if event.input.id == "filter":
            self.filter_words = event.value.strip()
            self.show_sessions()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """From the filter into what it has left."""
        if event.input.id == "filter":
            self.query_one(SessionList).focus()


class Sessions(SessionList):
    """The list with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        each for each in bindings_for(Where.SIDEBAR) if each.id not in ("sidebar.open",)
    ]
