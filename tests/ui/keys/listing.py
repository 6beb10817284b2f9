"""What the keys of the list of sessions do; its cursor is moved to the second session first."""

from __future__ import annotations

from textual.widgets import Input

from superserve_tui.domain.changes import SessionChanged, SessionRemoved
from superserve_tui.engine import (
    DeleteSession,
    EndSession,
    MarkUnread,
    PinSession,
    ReadTranscript,
    RenameSession,
    RestoreSession,
)
from superserve_tui.ui.modals.new_session import NewSessionDialog
from superserve_tui.ui.widgets.composer import Composer
from tests.support.opened_app import OpenedApp
from tests.ui.keys.scene import FIRST, SECOND, Press, scenario


@scenario("sidebar.open")
async def open_shows_the_session_under_the_cursor(desk: OpenedApp, press: Press) -> None:
    await desk.press("down")
    await press()
    assert desk.main.model.current_id == SECOND.id
    assert isinstance(desk.main.focused, Composer)


@scenario("sidebar.new")
async def new_opens_the_dialog(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, NewSessionDialog)


@scenario("sidebar.rename")
async def rename_is_for_the_session_under_the_cursor(desk: OpenedApp, press: Press) -> None:
    await desk.press("down")
    await press()
    assert not desk.has_dialog
    await desk.press("end")
    await desk.type("!")
    assert any(row.startswith(" ○ Second talk!") for row in desk.rows())
    await desk.type("\r")
    assert desk.engine.sent(RenameSession) == [RenameSession(SECOND.id, "Second talk!")]
    assert desk.sidebar.has_focus


@scenario("sidebar.delete")
async def delete_says_how_to_undo(desk: OpenedApp, press: Press) -> None:
    await desk.press("down")
    await press()
    assert desk.engine.sent(DeleteSession) == [DeleteSession(SECOND.id)]
    await desk.feed(SessionRemoved(SECOND.id))
    assert desk.notices() == ["Deleted; U in the list of sessions brings it back."]
    await desk.feed(SessionRemoved(SECOND.id))
    assert not desk.has("Second talk")


@scenario("sidebar.undelete")
async def undo_brings_the_deleted_session_back_once(desk: OpenedApp, press: Press) -> None:
    await desk.press("down", "d")
    await desk.feed(SessionRemoved(SECOND.id))
    await press()
    assert desk.engine.sent(RestoreSession) == [RestoreSession(SECOND.id)]
    await desk.feed(SessionChanged(SECOND))
    assert desk.has("Second talk")
    await press()
    assert len(desk.engine.sent(RestoreSession)) == 1


@scenario("sidebar.export")
async def export_reads_the_session_under_the_cursor_and_opens_nothing(desk: OpenedApp, press: Press) -> None:
    await desk.press("down")
    await press()
    assert desk.engine.sent(ReadTranscript) == [ReadTranscript(SECOND.id)]
    assert desk.has('Export "Second talk"')
    assert desk.main.model.current_id == FIRST.id


@scenario("sidebar.unread")
async def unread_is_a_switch(desk: OpenedApp, press: Press) -> None:
    await desk.press("down")
    await press()
    await desk.press("down")
    await press()
    marks = [command.is_unread for command in desk.engine.sent(MarkUnread)]
    assert marks == [True, False]


@scenario("sidebar.pin")
async def pin_is_a_switch(desk: OpenedApp, press: Press) -> None:
    await desk.press("down")
    await press()
    assert desk.engine.sent(PinSession) == [PinSession(SECOND.id, True)]


@scenario("sidebar.end")
async def end_asks_first(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.has("End session")
    await desk.press("escape")
    assert desk.engine.sent(EndSession) == []
    await press()
    await desk.press("enter")
    assert desk.engine.sent(EndSession) == [EndSession(FIRST.id)]


@scenario("sidebar.filter")
async def filter_narrows_the_list_as_one_types(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.main.focused, Input)
    await desk.type("sec")
    assert desk.has("Second talk")
    assert not desk.has("Third talk")
    await desk.press("escape")
    assert desk.has("Third talk")
    assert desk.sidebar.has_focus
