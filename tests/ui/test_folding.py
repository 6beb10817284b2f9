"""Large texts in the composer: shown as one label, sent and kept whole, edited as one."""

from __future__ import annotations

from time import monotonic

import pytest

from superserve_tui.domain import PromptsFound, Session, SessionState
from superserve_tui.engine import SaveDraft, SendPrompt
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

LOG = "\n".join(f"line {number}" for number in range(214))
LABEL = "[pasted: 214 lines, 2 kB #1]"
PASTE = f"\x1b[200~{LOG}\x1b[201~"
ONE = make_session("one", state=SessionState.IDLE, server_id="ses_1")


def _two() -> tuple[Session, Session]:
    return ONE, make_session("two", state=SessionState.IDLE, server_id="ses_2")


def _shown(desk: OpenedApp) -> str:
    return desk.composer.document.text


def _sent(desk: OpenedApp) -> list[str]:
    return [command.prompt for command in desk.engine.sent(SendPrompt)]


async def test_a_large_paste_is_one_label_and_is_sent_whole() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.open(ONE)
        await desk.type(f"why this? {PASTE} and then?")
        assert desk.has(f"why this? {LABEL} and then?")
        await desk.type("\r")

        assert _sent(desk) == [f"why this? {LOG} and then?"]
        assert desk.composer.text == ""


@pytest.mark.parametrize("key", ["backspace", "ctrl+w", "ctrl+u"])
async def test_a_label_is_taken_out_as_a_whole_and_undone_as_a_whole(key: str) -> None:
    async with opened() as desk:
        await desk.type(f"{PASTE}")
        await desk.press(key)
        assert desk.composer.text == ""
        await desk.press("ctrl+underscore")
        assert _shown(desk) == LABEL
        assert desk.composer.text == LOG


async def test_the_cursor_steps_over_a_label_and_never_into_it() -> None:
    async with opened() as desk:
        await desk.type(f"a{PASTE}b")
        await desk.press("left", "left")
        await desk.type("<")
        await desk.press("right")
        await desk.type(">")
        assert _shown(desk) == f"a<{LABEL}>b"
        await desk.press("left", "ctrl+left")
        await desk.press("delete")
        assert _shown(desk) == "a<>b"


async def test_a_selection_takes_labels_whole_and_is_copied_in_full() -> None:
    async with opened() as desk:
        await desk.type(f"a {PASTE} b")
        await desk.press("left", "left", "shift+left", "ctrl+c")
        await desk.until(lambda: desk.copied)
        assert desk.copied == [LOG]
        await desk.press("ctrl+x")
        assert desk.app.clipboard == LOG
        assert desk.composer.text == "a  b"
        await desk.press("ctrl+v")
        assert _shown(desk) == f"a {LABEL} b"


async def test_unfolding_shows_everything_and_undoing_that_folds_again() -> None:
    async with opened() as desk:
        await desk.type(f"one\n{PASTE} two")
        await desk.press("ctrl+l")
        assert _shown(desk) == desk.composer.text == f"one\n{LOG} two"
        await desk.type("!")
        assert desk.composer.text == f"one\n{LOG} two!"
        await desk.press("ctrl+underscore", "ctrl+underscore")
        assert _shown(desk) == f"one\n{LABEL} two"


async def test_a_draft_with_a_label_is_kept_whole_and_comes_back_folded() -> None:
    one, two = _two()
    async with opened(sessions=(one, two)) as desk:
        desk.main.open_session(one.id)
        await desk.type(f"why? {PASTE}")
        desk.main.open_session(two.id)
        await desk.settle()
        assert desk.engine.sent(SaveDraft) == [SaveDraft(one.id, f"why? {LOG}")]
        assert desk.composer.text == ""
        desk.main.open_session(one.id)
        await desk.settle()
        assert _shown(desk) == f"why? {LABEL}"
        assert desk.composer.text == f"why? {LOG}"


async def test_a_draft_that_was_typed_comes_back_as_it_was_and_only_the_paste_in_it_folded() -> None:
    typed = "\n".join(f"typed {number}" for number in range(30))
    one, two = _two()
    async with opened(sessions=(one, two)) as desk:
        desk.main.open_session(one.id)
        await desk.type(typed.replace("\n", "\x0a") + f"\x0a{PASTE} end")
        shown = f"{typed}\n{LABEL} end"
        assert _shown(desk) == shown
        desk.main.open_session(two.id)
        await desk.settle()
        assert _shown(desk) == ""
        desk.main.open_session(one.id)
        await desk.settle()

        assert _shown(desk) == shown
        assert desk.composer.text == f"{typed}\n{LOG} end"


async def test_a_paste_that_was_unfolded_comes_back_unfolded() -> None:
    one, two = _two()
    async with opened(sessions=(one, two)) as desk:
        desk.main.open_session(one.id)
        await desk.type(PASTE)
        desk.main.save_draft()
        desk.main.action_message_unfold()
        desk.main.open_session(two.id)
        desk.main.open_session(one.id)
        await desk.settle()

        assert _shown(desk) == LOG


async def test_what_was_typed_comes_back_as_it_was_from_a_walk_through_the_history() -> None:
    typed = "\n".join(f"typed {number}" for number in range(30))
    async with opened() as desk:
        await desk.feed(PromptsFound(("sent before",)))
        await desk.type(typed.replace("\n", "\x0a"))
        await desk.press(*["up"] * 30)
        assert _shown(desk) == "sent before"
        await desk.press("down")

        assert _shown(desk) == typed


async def test_a_draft_of_an_earlier_run_comes_back_folded() -> None:
    one = make_session("one", state=SessionState.IDLE, server_id="ses_1", draft=LOG)
    async with opened(sessions=(one,)) as desk:
        desk.main.open_session(one.id)
        await desk.settle()
        assert _shown(desk) == "line 0\n[pasted: 212 lines, 2 kB #1]\nline 213"
        await desk.type("\r")
        assert _sent(desk) == [LOG]


async def test_history_brings_it_back_folded_and_whole() -> None:
    async with opened() as desk:
        await desk.feed(PromptsFound((f"old {LOG}",)))
        await desk.open(ONE)
        await desk.type(f"why? {PASTE}\r")
        await desk.press("up")
        assert _shown(desk) == f"why? {LABEL}"
        await desk.press("up")
        assert desk.composer.text == f"old {LOG}"
        await desk.press("enter")
        assert _sent(desk) == [f"why? {LOG}", f"old {LOG}"]


async def test_a_hostile_paste_is_cleaned_before_it_is_folded() -> None:
    async with opened() as desk:
        await desk.type("\x1b[200~" + "red \x1b[31malert\x07\u202e\r\n" * 30 + "\x1b[201~")
        desk.rows()
        assert desk.composer.text == "red alert\n" * 30
        await desk.press("ctrl+l")
        desk.rows()


async def test_a_message_edited_again_is_sent_as_a_revision_until_it_is_emptied() -> None:
    async with opened() as desk:
        turn = make_turn(1, "helo", text="hi")
        await desk.open(ONE, turn)
        await desk.press("shift+tab")
        desk.main.action_log_edit_again()
        await desk.settle()
        assert any("revises turn 1" in notice for notice in desk.notices())
        await desk.type("!\r")
        assert desk.engine.sent(SendPrompt) == [SendPrompt(ONE.id, "helo!", revises=turn.id)]
        desk.engine.forget()
        desk.main.action_log_edit_again()
        await desk.press("ctrl+u")
        await desk.type("something else\r")
        assert desk.engine.sent(SendPrompt) == [SendPrompt(ONE.id, "something else")]


async def test_a_megabyte_of_lines_stays_quick_to_edit() -> None:
    text = "all work and no play\n" * 50_000
    async with opened(size=(80, 24)) as desk:
        await desk.type(f"\x1b[200~{text}\x1b[201~")
        assert _shown(desk) == "[pasted: 50000 lines, 1.1 MB #1]"
        began = monotonic()
        for _ in range(20):
            await desk.type("x")
        assert monotonic() - began < 20 * 0.2 + 3
        await desk.press("ctrl+l")
        assert desk.notices()[-1] == "Too large to be edited here; ctrl+g opens an editor."
        await desk.type("\r")
        assert _sent(desk) == [text + "x" * 20]
