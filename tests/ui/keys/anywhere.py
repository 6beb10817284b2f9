"""What the keys do that work in every pane."""

from __future__ import annotations

from dataclasses import replace

from superserve_tui.domain import (
    AgentLogRead,
    PromptsFound,
    QueueChanged,
    SearchFinished,
    SearchHit,
    SessionChanged,
    SessionState,
    TurnState,
)
from superserve_tui.engine import (
    ListFarSessions,
    OpenSession,
    Quit,
    ReadAgentLog,
    RenameSession,
    SearchTranscripts,
    SendPrompt,
    StopTurn,
)
from superserve_tui.ui.modals.agent_log import AgentLogDialog
from superserve_tui.ui.modals.broadcast import BroadcastDialog
from superserve_tui.ui.modals.details import DetailsDialog
from superserve_tui.ui.modals.far import FarDialog
from superserve_tui.ui.modals.help import HelpDialog
from superserve_tui.ui.modals.jump import JumpScreen
from superserve_tui.ui.modals.new_session import NewSessionDialog
from superserve_tui.ui.modals.picker import Picker
from superserve_tui.ui.modals.queue import QueueDialog
from superserve_tui.ui.modals.quit import QuitProgress
from superserve_tui.ui.modals.rename import RenameDialog
from superserve_tui.ui.modals.switcher import Switcher
from superserve_tui.ui.screens.reading_earlier import LAST_TURNS
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.log import MessageLog
from superserve_tui.ui.widgets.session_list import SessionList
from superserve_tui.ui.widgets.tool_pane import ToolPane
from superserve_tui.ui.widgets.tool_ticker import ToolTicker
from tests.support.opened_app import OpenedApp
from tests.support.saved import make_turn
from tests.ui.keys.scene import ANSWER, FIRST, SECOND, THIRD, Press, scenario


def _log(desk: OpenedApp) -> MessageLog:
    return desk.main.query_one(MessageLog)


@scenario("app.back")
async def back_arms_and_then_stops_a_running_turn(desk: OpenedApp, press: Press) -> None:
    await desk.feed(SessionChanged(replace(FIRST, state=SessionState.RUNNING)))
    await press()
    assert desk.engine.sent(StopTurn) == []
    assert desk.has("again stops the turn")
    await press()
    assert desk.engine.sent(StopTurn) == [StopTurn(FIRST.id, gives_back=True)]


@scenario("app.copy_or_clear")
async def clearing_keeps_the_text_in_the_history(desk: OpenedApp, press: Press) -> None:
    await desk.type("half a thought")
    await press()
    assert desk.composer.text == ""
    await desk.press("up")
    assert desk.composer.text == "half a thought"
    assert desk.copied == []


@scenario("app.quit")
async def quit_ends_the_sessions(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.engine.sent(Quit) == [Quit(keep=False)]
    assert isinstance(desk.screen, QuitProgress)
    await press()
    assert len(desk.engine.sent(Quit)) == 1


@scenario("session.new")
async def new_opens_the_dialog(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, NewSessionDialog)


@scenario("session.switch")
async def switch_finds_by_title_and_by_transcript(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, Switcher)
    await desk.type("Second")
    assert desk.engine.sent(SearchTranscripts)[-1] == SearchTranscripts("Second")
    hit = SearchHit(THIRD.id, "Third talk", 4, "text", "… no Second chances …")
    await desk.feed(SearchFinished("Second", (hit,)))
    assert desk.has("no Second chances")
    await desk.press("enter")
    assert desk.main.model.current_id == SECOND.id
    assert desk.engine.sent(OpenSession) == [OpenSession(SECOND.id, last=LAST_TURNS)]
    assert isinstance(desk.main.focused, Composer)


@scenario("session.previous")
async def previous_is_the_session_above(desk: OpenedApp, press: Press) -> None:
    desk.main.open_session(THIRD.id)
    await press()
    assert desk.main.model.current_id == SECOND.id
    await press()
    await press()
    assert desk.main.model.current_id == FIRST.id


@scenario("session.next")
async def next_is_the_session_below(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.main.model.current_id == SECOND.id
    await press()
    await press()
    assert desk.main.model.current_id == THIRD.id


@scenario("session.attention")
async def attention_goes_to_the_session_that_failed(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.main.model.current_id == THIRD.id


@scenario("session.back")
async def back_goes_to_the_session_before_and_back_again(desk: OpenedApp, press: Press) -> None:
    desk.main.open_session(SECOND.id)
    await press()
    assert desk.main.model.current_id == FIRST.id
    await press()
    assert desk.main.model.current_id == SECOND.id


@scenario("session.rename")
async def rename_sends_the_new_title(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, RenameDialog)
    await desk.press("end")
    await desk.type(" again\r")
    assert desk.engine.sent(RenameSession) == [RenameSession(FIRST.id, "First talk again")]


@scenario("session.details")
async def details_name_the_server_session(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, DetailsDialog)
    assert desk.has("ses_aaaaaaaaaaaa")
    await desk.press("escape")
    assert not desk.has_dialog


@scenario("session.log")
async def the_agents_log_is_asked_for(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, AgentLogDialog)
    assert desk.engine.sent(ReadAgentLog) == [ReadAgentLog(FIRST.id)]
    await desk.feed(AgentLogRead(FIRST.id, ("Traceback", "ValueError: no")))
    assert desk.has("ValueError: no")
    await desk.press("escape")
    assert not desk.has_dialog


@scenario("session.attach")
async def on_servers_asks_every_server(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, FarDialog)
    assert desk.engine.sent(ListFarSessions) == [ListFarSessions("local")]


@scenario("session.queue")
async def queue_shows_what_waits(desk: OpenedApp, press: Press) -> None:
    await press()
    assert not desk.has_dialog
    await desk.feed(QueueChanged(FIRST.id, (make_turn(3, "later", state=TurnState.QUEUED),)))
    await press()
    assert isinstance(desk.screen, QueueDialog)
    assert desk.has("later")


@scenario("view.tools")
async def tools_are_a_pane_then_a_line_then_gone(desk: OpenedApp, press: Press) -> None:
    def shown() -> tuple[bool, bool]:
        pane, line = desk.main.query_one(ToolPane), desk.main.query_one(ToolTicker)
        return bool(pane.region.area), bool(line.region.area)

    assert shown() == (True, False)
    await press()
    assert shown() == (False, True)
    await press()
    assert shown() == (False, False)
    await press()
    assert shown() == (True, False)


@scenario("view.sidebar")
async def the_sidebar_goes_and_comes(desk: OpenedApp, press: Press) -> None:
    await press()
    assert not desk.has("Second talk")
    assert isinstance(desk.main.focused, Composer)
    await press()
    assert desk.has("Second talk")
    assert isinstance(desk.main.focused, SessionList)


@scenario("view.help")
async def help_lists_the_keys(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, HelpDialog)
    await desk.press("escape")
    assert not desk.has_dialog


@scenario("app.suspend")
async def suspending_is_asked_of_the_app(desk: OpenedApp, press: Press) -> None:
    asked: list[str] = []
    desk.app.action_suspend_process = lambda: asked.append("suspend")  # type: ignore[method-assign]
    await press()
    assert asked == ["suspend"]


@scenario("view.next_pane")
async def next_pane_goes_round(desk: OpenedApp, press: Press) -> None:
    seen = []
    for _ in range(4):
        await press()
        seen.append(type(desk.main.focused).__name__)
    assert seen == ["Tools", "Sessions", "Transcript", "Composer"]


@scenario("view.previous_pane")
async def previous_pane_goes_round(desk: OpenedApp, press: Press) -> None:
    seen = []
    for _ in range(4):
        await press()
        seen.append(type(desk.main.focused).__name__)
    assert seen == ["Transcript", "Sessions", "Tools", "Composer"]


@scenario("log.page_up")
async def page_up_leaves_the_end(desk: OpenedApp, press: Press) -> None:
    before = desk.text()
    await press()
    assert not _log(desk).document.follow
    assert desk.text() != before
    assert isinstance(desk.main.focused, Composer)


@scenario("log.page_down")
async def page_down_comes_back_to_the_end(desk: OpenedApp, press: Press) -> None:
    await desk.press("pageup", "pageup")
    for _ in range(3):
        await press()
    assert _log(desk).document.follow

    for start in ("ctrl+end", "pageup"):
        await desk.press(start)
        before = desk.rows()
        await desk.press("pageup")
        assert desk.has("↓ more below")
        assert desk.rows() != before
        await press()
        assert desk.rows() == before


@scenario("log.top")
async def top_shows_the_first_message(desk: OpenedApp, press: Press) -> None:
    assert not desk.has("What is here?")
    await press()
    assert desk.has("What is here?")


@scenario("log.follow")
async def follow_shows_the_end(desk: OpenedApp, press: Press) -> None:
    await desk.press("ctrl+home")
    await press()
    assert _log(desk).document.follow
    assert desk.has("print('hi')")


@scenario("log.copy_answer")
async def the_last_answer_is_copied_as_its_source(desk: OpenedApp, press: Press) -> None:
    await press()
    await desk.until(lambda: desk.copied)
    assert desk.copied == [ANSWER]
    await desk.see(f"Copied {len(ANSWER)} characters")


@scenario("app.palette")
async def the_palette_runs_an_action_by_its_name(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, Picker)
    await desk.type("another title\r")
    await desk.until(lambda: isinstance(desk.screen, RenameDialog))


@scenario("app.jump")
async def jump_goes_to_a_pane_by_letter_and_to_a_session_by_digit(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, JumpScreen)
    await desk.type("o")
    assert isinstance(desk.main.focused, ToolPane)
    await press()
    await desk.type("2")
    assert desk.main.model.current_id == SECOND.id
    await press()
    await desk.type("\x1b")
    assert not desk.has_dialog


@scenario("message.editor")
async def a_terminal_that_cannot_be_lent_is_said_and_the_text_kept(desk: OpenedApp, press: Press) -> None:
    await desk.type("a draft")
    await press()
    assert desk.composer.text == "a draft"
    await desk.see("The editor did not work")


@scenario("session.broadcast")
async def the_message_goes_to_all_that_are_chosen(desk: OpenedApp, press: Press) -> None:
    await desk.type("hello all")
    await press()
    assert isinstance(desk.screen, BroadcastDialog)
    await desk.type("first talk")
    await desk.press("tab", "ctrl+u")
    await desk.type("second talk")
    await desk.press("tab", "enter")
    assert desk.engine.sent(SendPrompt) == [SendPrompt(FIRST.id, "hello all"), SendPrompt(SECOND.id, "hello all")]
    await desk.press("tab", "enter")
    assert desk.main.model.current_id == SECOND.id


@scenario("message.unfold")
async def a_folded_text_is_shown_in_full(desk: OpenedApp, press: Press) -> None:
    text = "\n".join("line" for _ in range(30))
    await desk.type(f"\x1b[200~{text}\x1b[201~")
    assert desk.has("[pasted: 30 lines, 149 B #1]")
    await press()
    assert not desk.has("pasted")
    assert desk.composer.document.text == text


@scenario("message.search")
async def what_was_sent_can_be_found_and_sent_again(desk: OpenedApp, press: Press) -> None:
    await desk.feed(PromptsFound(("newest thing", "older [/] thing", "oldest")))
    await desk.type("draft")
    await press()
    assert isinstance(desk.screen, Picker)
    await desk.type("older")
    assert desk.has("older [/] thing")
    assert not desk.has("newest thing")
    await desk.type("\r")
    assert desk.composer.text == "older [/] thing"
    await desk.press("up")
    assert desk.composer.text == "draft"


@scenario("log.find")
async def find_counts_its_hits_and_goes_away_by_escape(desk: OpenedApp, press: Press) -> None:
    await press()
    await desk.type("files")
    await desk.see("2 hits")
    await desk.type("\r")
    await desk.see("/2")
    await desk.type("\x1b")
    assert not desk.has("/2")
    assert isinstance(desk.main.focused, Composer)


@scenario("view.mouse")
async def the_mouse_goes_to_the_terminal_and_comes_back(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.has("F6 takes it back")
    await press()
    assert not desk.has("F6 takes it back")
