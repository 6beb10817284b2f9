"""How the main screen is drawn: each `show_` method draws one region from the model.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from time import monotonic

from textual.content import Content
from textual.widgets import Static

from superserve_tui.domain import Session, clean_line
from superserve_tui.engine import MarkUnread
from superserve_tui.ui.choice import Addressee
from superserve_tui.ui.painted import forget_closed_widgets
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.screens.key_choice import SELECTING, keys_that_matter
from superserve_tui.ui.screens.layout import lay_out
from superserve_tui.ui.widgets.bars import KeyBar, Moment, StatusBar, TitleBar
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.session_list import SessionList
from superserve_tui.ui.widgets.welcome import Welcome

__all__ = ["SPIN_S", "Drawing"]

SPIN_S = 0.125
"""Between two frames of the spinner; runs only while a turn does."""

_LINES = ("filter", "find-words", "row-editor")
"""The ids of lines to type in that are no messages."""


class Drawing(Part):
    """Draws; changes nothing but what is on screen."""

    def show_all(self) -> None:
        """Draw everything anew."""
        self.show_layout()
        if self.has_conversation or self.model.current_id is not None:
            self.show_transcript()
            self.show_tools()
            self.show_queue()
        self.show_sessions()
        self.show_bars()
        self.show_welcome()

    def show_layout(self) -> None:
        """Panes by the window's size and the person's wishes."""
        size = self.app.size
        layout = lay_out(size.width, size.height, sidebar=self.sidebar_wish, tools=self.tools_wish)
        states = {
            "-no-sidebar": not layout.has_sidebar,
            "-sidebar-over": layout.is_sidebar_over,
            "-no-tools": not layout.has_tool_pane,
            "-wide-tools": layout.has_wide_tools,
            "-no-ticker": not layout.has_ticker,
            "-wide-notices": layout.has_wide_notices,
            "-no-bars": not layout.has_bars,
            "-low": layout.is_low,
        }
        # The panes' styles depend on these, the screen's own do not: nothing to work out before there are panes.
        self.update_classes(states, update=bool(self.children))

    def show_transcript(self) -> None:
        """The current session's document."""
        transcript, log = self.model.transcript, self.log_view
        if transcript is not None and log.document is transcript.document:
            log.changed()  # the place that was asked for may have come
        elif transcript is not None:
            log.show(transcript.document)
        self.show_below()
        self.show_welcome()

    _below_words: str = ""
    """What is said below the transcript now."""

    def show_below(self) -> None:
        """Say that there is more below, and which key goes there; the row is kept free, so that no other moves."""
        log, below = self.log_view, self.conversation.below
        what = f"{log.new_below} new below" if log.new_below else "more below" if log.has_more_below else ""
        words = f"↓ {what}   ctrl+End" if what else ""
        if words != self._below_words:  # an update lays everything out again: a second frame for each of the text's
            self._below_words = words
            below.update(words)

    def show_sessions(self) -> None:
        """The sidebar, filtered."""
        sessions = self.model.ordered()
        if self.filter_words:
            words = self.filter_words.casefold()
            sessions = [
                each for each in sessions if words in f"{each.title or ''} {each.agent} {each.state}".casefold()
            ]
        listed = self.query_one(SessionList)
        listed.set_sessions(
            sessions,
            open_id=self.model.current_id,
            now=self.options.clock.now(),
            group_by=self.options.config.sidebar.group_by,
        )
        self.place_editor()
        if not listed.has_focus:
            listed.move_to(self.model.current_id)
        is_busy = any(session.state.is_busy for session in self.model.sessions.values())
        if is_busy:
            self.spinner.resume()
        else:
            self.spinner.pause()

    def show_tools(self) -> None:
        """The calls of the turn under the message cursor, else of the last one."""
        from superserve_tui.ui.widgets.tool_totals import turn_total

        transcript, parts = self.model.transcript, self.conversation
        cursor = parts.log.document.cursor
        turn = transcript.turn_of(cursor.turn_id if cursor else None) if transcript else None
        calls = transcript.calls_of(turn) if transcript and turn else ()
        runs = parts.tool_pane.set_calls(turn.id if turn else "", calls)
        is_past = transcript is not None and turn is not transcript.last_turn
        where = f"Tools of turn {turn.number}" if turn and is_past else "Tools"
        self.query_one("#tools-title", Static).update(f"{where}   {turn_total(len(calls), runs.took_ms)}".rstrip())
        parts.tool_totals.show(runs, transcript.call_totals() if transcript else (0, 0))
        parts.ticker.show(calls, self.frame, self._elapsed_ms())

    def show_queue(self) -> None:
        """The messages that wait."""
        session = self.model.current
        turns = self.model.queues.get(session.id, ()) if session else ()
        self.conversation.queue_strip.show(turns, is_paused=bool(session and session.is_queue_paused))

    def show_bars(self) -> None:
        """Title, status, keys."""
        session, ordered = self.model.current, self.model.ordered()
        place = next((number for number, each in enumerate(ordered, 1) if session and each.id == session.id), 0)
        self.query_one(TitleBar).show(session, place=place, total=len(ordered) if session else 0)
        to = self.addressee()
        self.query_one(StatusBar).show(
            session,
            Moment(
                now=self.options.clock.now(),
                profile=session.profile if session else to.profile,
                agent=session.agent if session else to.agent,
                frame=self.frame,
                link=self._link_words(session),
                notice=self.notice
                or ("the mouse is the terminal's; F6 takes it back" if self.is_mouse_released else ""),
            ),
        )
        if self.is_selecting:
            self.query_one(KeyBar).show_keys(SELECTING)
        else:
            is_line = self.focused is not None and self.focused.id in _LINES
            ids, labels = keys_that_matter(self.focused_pane, session, is_line=is_line, is_dead=self.is_link_dead)
            self.query_one(KeyBar).show(ids, labels=labels, keymap=self.keymap)
        name = clean_line(session.agent if session else to.agent, limit=40)
        self.query_one(Composer).placeholder = Content(f"Message {name or '…'}")

    def _link_words(self, session: Session | None) -> str:
        """How the link of the current turn is; its silence, where nothing else is to be said."""
        if session is None:
            return ""
        link = self.model.link_words(session.id)
        return link or (self.model.silence.words(session.id) if session.state.is_busy else "")

    def show_welcome(self) -> None:
        """The empty state in the transcript's place, or the transcript."""
        transcript, session = self.model.transcript, self.model.current
        is_empty = transcript is None or (transcript.is_loaded and not transcript.turns)
        # Not by a class of the screen: the styles of everything in it would be worked out anew.
        welcome = self.query_one(Welcome)
        welcome.display = is_empty
        self.query("ToastRack").set_class(is_empty, "-wide")
        if self.has_conversation:
            self.log_view.display = self.conversation.below.display = not is_empty
        if not is_empty:
            return
        to = Addressee(session.profile, session.agent) if session else self.addressee()
        problem = self.model.agent_problems.get(to.profile)
        words = f"{problem.what} {problem.hint}" if problem else ""
        if session is not None and session.is_attached and not words:
            words = "It was made elsewhere: earlier messages are not available here, but its agent remembers them."
        example = "What files are in the project?" if to.agent == "workspace" else None
        welcome.show(to.agent, example=example, problem=words)

    # -- clocks

    _spun_at: float = 0.0
    """When the signs were last turned, on the machine's clock."""

    def spin_if_due(self) -> None:
        """Turn the signs of what runs. While text streams that is done with its frames, else by a clock."""
        if monotonic() - self._spun_at >= SPIN_S * 0.75:
            self._spin()

    def _spin(self) -> None:
        self._spun_at = monotonic()
        self.frame += 1
        now = self.options.clock.now()
        self.query_one(SessionList).turn(self.frame, now)
        session = self.model.current
        if session is not None and session.state.is_busy:
            calls = self.model.transcript.calls if self.model.transcript else []
            self.conversation.tool_pane.turn(self.frame, self._elapsed_ms())
            self.conversation.ticker.show(calls, self.frame, self._elapsed_ms())
            self.log_view.spin()
            self.show_bars()

    def _tick(self) -> None:
        forget_closed_widgets()
        self.warn_if_expiring()
        session = self.model.current
        if session is not None and session.state.is_busy:
            return
        self.show_bars()

    def _elapsed_ms(self) -> int:
        last = self.model.transcript.last_turn if self.model.transcript else None
        if last is None or last.started_at is None:
            return 0
        return max(0, int((self.options.clock.now() - last.started_at).total_seconds() * 1000))

    def _mark_read_if_seen(self) -> None:
        """The end of the answer is on screen: it is read."""
        session, transcript = self.model.current, self.model.transcript
        if session is None or transcript is None or not transcript.is_loaded:
            return
        if session.is_unread and transcript.document.follow:
            self.engine.send(MarkUnread(session.id, False))
