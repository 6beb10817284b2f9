"""Writing and sending: what goes out once, and that no text of the person's is ever lost."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import Button

from superserve_tui.config import Config
from superserve_tui.domain import (
    AgentsListed,
    MessageReturned,
    Problem,
    PromptsFound,
    QueueChanged,
    Session,
    SessionChanged,
    SessionExpired,
    SessionRemoved,
    SessionsLoaded,
    SessionState,
    TurnState,
)
from superserve_tui.engine import (
    ContinueSession,
    CreateSession,
    ResumeQueue,
    SaveDraft,
    SendPrompt,
    TakeBackQueued,
)
from superserve_tui.protocol import Agent
from superserve_tui.ui.modals.dialog import Choice
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn


def _prompts(desk: OpenedApp) -> list[str]:
    return [command.prompt for command in desk.engine.sent(SendPrompt)]


def _idle(title: str, **more: object) -> Session:
    return make_session(title, state=SessionState.IDLE, server_id=f"ses_{title:0>12}", **more)


async def test_a_message_without_a_session_starts_one_with_the_default_agent() -> None:
    async with opened(config=Config(default_agent="echo"), title="From the command line") as desk:
        await desk.type("hello\r")

        (created,) = desk.engine.sent(CreateSession)
        assert (created.profile, created.agent, created.title) == ("local", "echo", "From the command line")
        assert desk.engine.sent(SendPrompt) == [SendPrompt(created.session_id, "hello")]
        assert desk.main.model.current_id == created.session_id


async def test_the_agent_of_the_command_line_comes_before_the_one_of_the_config() -> None:
    async with opened(config=Config(default_agent="echo"), agent="workspace") as desk:
        await desk.type("hello\r")

        assert desk.engine.sent(CreateSession)[0].agent == "workspace"


async def test_without_a_choice_the_first_agent_that_is_ready_is_taken() -> None:
    agents = (Agent("agt_1", "slow", deps_status="building"), Agent("agt_2", "quick"))
    async with opened(agents=agents, profiles=("hosted",)) as desk:
        await desk.type("hello\r")

        assert desk.engine.sent(CreateSession)[0].agent == "quick"


async def test_a_message_waits_in_the_composer_while_no_agent_is_known() -> None:
    async with opened(agents=None, profiles=("hosted",)) as desk:
        await desk.type("hello\rmore")

        assert desk.engine.sent(SendPrompt) == []
        assert desk.composer.text == "hello\n\nmore"
        await desk.see("No agent is known yet")
        await desk.feed(AgentsListed("hosted", (Agent("agt_1", "quick"),)))
        await desk.press("enter")
        assert _prompts(desk) == ["hello\n\nmore"]


async def test_typing_ahead_in_one_read_sends_two_messages_once_each() -> None:
    async with opened() as desk:
        await desk.open(_idle("1"))
        await desk.type("one\rtwo\r")

        assert _prompts(desk) == ["one", "two"]
        assert desk.composer.text == ""


async def test_typing_ahead_while_a_session_is_made_loses_nothing() -> None:
    async with opened() as desk:
        await desk.type("one\rtwo\rhalf of the thi")

        assert _prompts(desk) == ["one", "two"]
        assert len(desk.engine.sent(CreateSession)) == 1
        assert desk.composer.text == "half of the thi"


async def test_a_backslash_before_enter_is_a_new_line() -> None:
    async with opened() as desk:
        await desk.type("one\\\rtwo\r")

        assert _prompts(desk) == ["one\ntwo"]


async def test_enter_on_blank_lines_sends_nothing() -> None:
    async with opened() as desk:
        await desk.type("\r  \r\n\n\r")

        assert desk.engine.sent(CreateSession) == []
        assert desk.engine.sent(SendPrompt) == []


async def test_a_paste_with_line_ends_sends_nothing_and_brings_no_control_characters() -> None:
    async with opened() as desk:
        await desk.type("\x1b[200~one\r\ntwo\x1b]52;c;aGk=\x07\x9b31m\u202e three\x1b[201~")

        assert desk.engine.sent(SendPrompt) == []
        assert desk.composer.text == "one\ntwo three"
        desk.rows()


async def test_a_megabyte_can_be_pasted_and_is_sent_whole() -> None:
    text = "all work and no play " * 50_000
    async with opened(size=(80, 24)) as desk:
        await desk.type(f"\x1b[200~{text}\x1b[201~")
        await desk.until(lambda: desk.composer.text == text)
        await desk.type("!\r")

        assert _prompts(desk) == [f"{text}!"]


async def test_joiners_and_wide_spaces_can_be_typed() -> None:
    async with opened() as desk:
        await desk.type("👩\u200d💻\u3000می\u200cخواهم\r")

        assert _prompts(desk) == ["👩\u200d💻\u3000می\u200cخواهم"]


async def test_history_comes_from_the_store_and_keeps_the_draft() -> None:
    async with opened() as desk:
        await desk.feed(PromptsFound(("newest", "older")))
        await desk.type("draft")
        await desk.press("up", "up")
        assert desk.composer.text == "older"
        await desk.press("down", "down")
        assert desk.composer.text == "draft"


async def test_a_history_that_comes_late_stands_behind_what_was_sent_already() -> None:
    async with opened() as desk:
        await desk.type("first words\r")
        await desk.feed(PromptsFound(("of the store", "first words")))
        await desk.press("up")
        assert desk.composer.text == "first words"
        await desk.press("up")
        assert desk.composer.text == "of the store"


async def test_a_message_is_found_by_words_far_down_in_it() -> None:
    long = "words " * 400 + "needle"
    async with opened() as desk:
        await desk.feed(PromptsFound(("newest", long, "oldest")))
        await desk.press("ctrl+r")
        await desk.type("needle\r")
        assert desk.composer.text == long


async def test_up_in_a_wrapped_line_moves_before_it_walks_the_history() -> None:
    async with opened(size=(40, 20)) as desk:
        await desk.feed(PromptsFound(("newest",)))
        draft = "word " * 20
        await desk.type(draft)
        await desk.press("up")
        assert desk.composer.text == draft
        await desk.press(*["up"] * 6)
        assert desk.composer.text == "newest"


async def test_a_message_sent_before_is_cleaned_before_it_is_shown() -> None:
    async with opened() as desk:
        await desk.feed(PromptsFound(("red \x1b[31malert\x1b]0;title\x07\u202e",)))
        await desk.press("up")

        assert desk.composer.text == "red alert"
        desk.rows()


async def test_each_session_keeps_its_draft() -> None:
    first, second = _idle("1"), _idle("2", draft="of the second")
    async with opened(sessions=(first, second)) as desk:
        desk.main.open_session(first.id)
        await desk.type("of the first")
        desk.main.open_session(second.id)
        await desk.settle()

        assert desk.composer.text == "of the second"
        assert desk.engine.sent(SaveDraft) == [SaveDraft(first.id, "of the first")]
        desk.main.open_session(first.id)
        await desk.settle()
        assert desk.composer.text == "of the first"


async def test_a_message_that_is_edited_again_is_known_as_such_after_a_switch_of_sessions() -> None:
    first, second, turn = (
        _idle("1"),
        _idle("2", draft="of the second"),
        make_turn(1, "helo", state=TurnState.COMPLETED),
    )
    async with opened(sessions=(first, second)) as desk:
        await desk.open(first, turn)
        desk.main.action_log_edit_again()
        desk.main.open_session(second.id)
        await desk.settle()
        assert desk.engine.sent(SaveDraft) == [SaveDraft(first.id, "helo", turn.id)]
        await desk.type("\r")
        desk.main.open_session(first.id)
        await desk.type("!\r")

        assert desk.engine.sent(SendPrompt) == [
            SendPrompt(second.id, "of the second"),
            SendPrompt(first.id, "helo!", revises=turn.id),
        ]


async def test_a_message_that_was_given_back_still_says_what_it_revises() -> None:
    async with opened() as desk:
        session = _idle("1")
        await desk.open(session)
        await desk.feed(MessageReturned(session.id, "helo", revises="b" * 32))
        await desk.press("enter")
        assert [each.revises for each in desk.engine.sent(SendPrompt)] == ["b" * 32]


async def test_a_draft_of_an_earlier_run_still_knows_which_message_it_is_again() -> None:
    async with opened() as desk:
        await desk.open(_idle("1", draft="helo", draft_revises="b" * 32))
        await desk.type("!\r")

        assert [each.revises for each in desk.engine.sent(SendPrompt)] == ["b" * 32]


async def test_a_draft_is_saved_while_it_stands() -> None:
    first = _idle("1")
    async with opened(sessions=(first,)) as desk:
        desk.main.open_session(first.id)
        await desk.type("thinking")
        await desk.until(lambda: desk.engine.sent(SaveDraft))

        assert desk.engine.sent(SaveDraft) == [SaveDraft(first.id, "thinking")]


async def test_what_was_typed_with_no_session_open_goes_along_into_the_first() -> None:
    first, second = _idle("1"), _idle("2", draft="mine")
    async with opened(sessions=(first, second)) as desk:
        await desk.type("typed early")
        desk.main.open_session(first.id)
        assert desk.composer.text == "typed early"


async def test_what_was_typed_with_no_session_open_does_not_replace_a_draft() -> None:
    first = _idle("1", draft="mine")
    async with opened(sessions=(first,)) as desk:
        await desk.type("typed early")
        desk.main.open_session(first.id)
        assert desk.composer.text == "mine"
        await desk.press("up")
        assert desk.composer.text == "typed early"


async def test_deleting_the_open_session_saves_its_draft_first() -> None:
    first = _idle("1")
    async with opened(sessions=(first,)) as desk:
        desk.main.open_session(first.id)
        await desk.type("unsaved")
        desk.sidebar.focus()
        await desk.press("d")
        await desk.feed(SessionRemoved(first.id))

        kinds = [type(command).__name__ for command in desk.engine.commands]
        assert kinds.index("SaveDraft") < kinds.index("DeleteSession")
        assert desk.composer.text == ""


async def test_a_returned_message_stands_before_what_was_typed_since() -> None:
    first = _idle("1")
    async with opened() as desk:
        await desk.open(first)
        await desk.type("ok\rlook at this")
        await desk.feed(MessageReturned(first.id, "ok"))

        assert desk.composer.text == "ok\n\nlook at this"
        await desk.feed(MessageReturned(first.id, "ok"))
        assert desk.composer.text == "ok\n\nlook at this"


async def test_a_message_returned_to_another_session_leaves_the_composer_alone() -> None:
    first, second = _idle("1"), _idle("2")
    async with opened(sessions=(first, second)) as desk:
        desk.main.open_session(first.id)
        await desk.type("mine")
        await desk.feed(MessageReturned(second.id, "theirs"))

        assert desk.composer.text == "mine"
        assert SaveDraft(second.id, "theirs") in desk.engine.sent(SaveDraft)  # whatever was saved as it was left


async def _expired(desk: OpenedApp) -> Session:
    session = _idle("1")
    await desk.open(session)
    await desk.type("are you there?\rand more")
    gone = replace(session, state=SessionState.EXPIRED)
    await desk.feed(SessionChanged(gone), SessionExpired(session.id, "are you there?"))
    return session


async def test_an_expired_session_is_continued_in_a_new_one_by_enter() -> None:
    async with opened() as desk:
        session = await _expired(desk)

        assert isinstance(desk.screen, Choice)
        assert desk.has("Session expired")
        assert desk.has("are you there?")
        assert str(desk.screen.query(Button).first().label) == "New session"
        await desk.press("enter")
        assert desk.engine.sent(ContinueSession) == [ContinueSession(session.id, "are you there?")]
        assert desk.composer.text == "and more"


async def test_escape_leaves_an_expired_session_readable_and_the_text_kept() -> None:
    async with opened() as desk:
        await _expired(desk)
        await desk.press("escape")

        assert desk.engine.sent(ContinueSession) == []
        assert not desk.has_dialog
        assert desk.composer.text == "are you there?\n\nand more"
        assert desk.composer.has_focus


async def test_a_session_that_expired_elsewhere_opens_no_dialog() -> None:
    first, second = _idle("1"), _idle("2")
    async with opened(sessions=(first, second)) as desk:
        desk.main.open_session(first.id)
        await desk.feed(SessionExpired(second.id, "theirs"))

        assert not desk.has_dialog


async def test_waiting_messages_stand_above_the_composer() -> None:
    busy = replace(_idle("1"), state=SessionState.RUNNING)
    waiting = [make_turn(number, f"wait {number}", state=TurnState.QUEUED) for number in range(2, 7)]
    async with opened() as desk:
        await desk.open(busy)
        assert desk.has("Enter queue")
        await desk.feed(QueueChanged(busy.id, tuple(waiting)))
        assert desk.has("1. wait 2")
        assert desk.has("3. wait 4")
        assert desk.has("and 2 more")
        await desk.feed(QueueChanged(busy.id, ()))
        assert not desk.has("wait 2")


async def test_a_paused_queue_goes_on_by_enter_and_gives_back_by_ctrl_c() -> None:
    paused = replace(_idle("1"), is_queue_paused=True)
    waiting = (make_turn(2, "wait 2", state=TurnState.QUEUED), make_turn(3, "wait 3", state=TurnState.QUEUED))
    async with opened() as desk:
        await desk.open(paused)
        await desk.feed(QueueChanged(paused.id, waiting))
        assert desk.has("queue paused")
        await desk.press("enter")
        assert desk.engine.sent(ResumeQueue) == [ResumeQueue(paused.id)]
        await desk.press("ctrl+c")
        assert desk.engine.sent(TakeBackQueued) == [TakeBackQueued(paused.id, waiting[1].id)]
        await desk.feed(QueueChanged(paused.id, waiting[:1]), MessageReturned(paused.id, "wait 3"))
        assert desk.composer.text == "wait 3"


async def test_the_placeholder_begins_with_message_and_names_the_agent() -> None:
    async with opened() as desk:
        assert desk.has("Message workspace")
        await desk.feed(SessionsLoaded((make_session("1", agent="echo"),)))
        assert desk.has("Message echo")


async def test_a_problem_of_a_profile_is_said_where_the_transcript_would_be() -> None:
    problem = Problem("Nothing answers at 10.0.0.1:443.", "Try again with ctrl+n.")
    async with opened(agents=None, profiles=("hosted",)) as desk:
        await desk.feed(AgentsListed("hosted", (), problem))

        assert desk.has("Nothing answers at 10.0.0.1:443.")
