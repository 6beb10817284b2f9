"""What is saved comes back as it was; what is deleted is gone from every list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from superserve_tui.domain import ServerSession, SessionState, Stretch, TurnState
from superserve_tui.protocol import CallState
from superserve_tui.store import Store
from tests.support.saved import NOW, Problems, done, make_call, make_session, make_turn, open_store

if TYPE_CHECKING:
    from superserve_tui.engine.ports import StorePort


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def store(tmp_path: Path, problems: Problems) -> Iterator[Store]:
    with open_store(tmp_path / "sessions.db", problems) as opened:
        yield opened
    assert problems.told == []


def _as_port(store: Store) -> StorePort:
    return store


def test_every_field_of_a_session_comes_back(store: Store) -> None:
    session = make_session(
        "Tidy the \x1b[31mparser\u202e",
        state=SessionState.INTERRUPTED,
        server_id="ses_b",
        server_ids=("ses_a", "ses_b"),
        server_url="http://127.0.0.1:1",
        idle_timeout_s=60,
        message_count=3,
        last_activity_at=NOW + timedelta(microseconds=1),
        is_pinned=True,
        is_unread=True,
        is_kept=True,
        is_attached=True,
        is_queue_paused=True,
        draft="half a\nline",
        draft_revises="b" * 32,
        busy_in="an instance",
    )
    done(store.save_session(session))
    assert done(_as_port(store).sessions()) == (session,)


def test_sessions_are_listed_by_newest_activity(store: Store) -> None:
    old = make_session("old", last_activity_at=NOW + timedelta(hours=1))
    new = make_session("new", last_activity_at=NOW + timedelta(hours=2))
    draft = make_session("draft", created_at=NOW + timedelta(hours=3))
    for session in (new, draft, old):
        store.save_session(session)
    assert [session.title for session in done(store.sessions())] == ["draft", "new", "old"]


def test_saving_a_session_again_keeps_its_turns(store: Store) -> None:
    session, turn = make_session(), make_turn()
    store.save_session(session)
    store.save_turn(session.id, turn)
    done(store.save_session(replace(session, title="renamed")))
    assert done(store.transcript(session.id)) == (turn,)


def test_every_field_of_a_turn_comes_back(store: Store) -> None:
    session = make_session()
    turn = make_turn(
        7,
        "do it\r\nnow \x1b]0;x\x07 \u2028 🎈",
        state=TurnState.FAILED,
        text="so far\x0b and \x85 further",
        calls=(
            make_call(0, input={"a": [1, 2.5, None, True, {"b": "\x00 \u202e"}]}, duration_ms=3, id="c1"),
            make_call(1, input="text", state=CallState.COMPLETED, is_order_assumed=True, name="bash\x1b"),
        ),
        error="it broke",
        started_at=NOW,
        duration_ms=12,
        max_turns_reached=True,
        max_turns_message="enough",
        server_id="ses_a",
        events_seen=9,
        count_before=2,
        revises="f" * 32,
    )
    store.save_session(session)
    done(store.save_turn(session.id, turn))
    assert done(store.transcript(session.id)) == (turn,)


def test_numbers_of_any_size_and_unstorable_signs_are_saved_all_the_same(store: Store) -> None:
    session = make_session(message_count=10**40)
    turn = make_turn(prompt="a\ud800b\x00", duration_ms=-(10**40))
    store.save_session(session)
    done(store.save_turn(session.id, turn))
    (saved,) = done(store.transcript(session.id))
    assert (saved.prompt, saved.duration_ms) == ("a\ufffdb\ufffd", 1 - 2**63)
    assert done(store.sessions())[0].message_count == 2**63 - 1


def test_200_appends_come_back_in_order_with_their_count(store: Store) -> None:
    session, turn = make_session(), make_turn(text="begun: ", events_seen=2)
    store.save_session(session)
    store.save_turn(session.id, turn)
    for number in range(200):
        store.append(turn.id, text=f"{number};", calls=(), events_seen=number + 3)
        if number % 50 == 0:
            store.flush()
    (saved,) = done(store.transcript(session.id))
    assert saved.text == "begun: " + "".join(f"{number};" for number in range(200))
    assert saved.events_seen == 202


def test_appends_of_many_threads_keep_the_order_of_each_turn(store: Store) -> None:
    session = make_session()
    turns = [make_turn(number) for number in range(1, 5)]
    store.save_session(session)
    for turn in turns:
        store.save_turn(session.id, turn)

    def stream(turn_id: str) -> None:
        for number in range(500):
            store.append(turn_id, text=f"{number};", calls=(), events_seen=number + 1)

    threads = [threading.Thread(target=stream, args=(turn.id,)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = "".join(f"{number};" for number in range(500))
    assert [turn.text for turn in done(store.transcript(session.id))] == [whole] * 4


def test_calls_that_are_appended_replace_those_with_their_index(store: Store) -> None:
    session, turn = make_session(), make_turn(calls=(make_call(0),))
    ended = make_call(0, state=CallState.COMPLETED, duration_ms=4)
    store.save_session(session)
    store.save_turn(session.id, turn)
    store.append(turn.id, text="", calls=(make_call(1),), events_seen=1)
    store.flush()
    store.append(turn.id, text="", calls=(ended,), events_seen=2)
    (saved,) = done(store.transcript(session.id))
    assert saved.calls == (ended, make_call(1))


def test_a_saved_turn_replaces_what_was_appended_and_later_appends_go_on_from_it(store: Store) -> None:
    session, turn = make_session(), make_turn()
    store.save_session(session)
    store.save_turn(session.id, turn)
    store.append(turn.id, text="one ", calls=(), events_seen=1)
    store.save_turn(session.id, replace(turn, text="one ", events_seen=1))
    store.append(turn.id, text="two", calls=(), events_seen=2)
    (saved,) = done(store.transcript(session.id))
    assert (saved.text, saved.events_seen) == ("one two", 2)


def test_append_to_an_unknown_turn_is_nothing(store: Store) -> None:
    store.append("0" * 32, text="lost", calls=(), events_seen=1)
    done(store.flush())


def test_a_removed_turn_is_gone(store: Store) -> None:
    session, turn = make_session(), make_turn(state=TurnState.QUEUED)
    store.save_session(session)
    store.save_turn(session.id, turn)
    store.remove_turn(turn.id)
    assert done(store.transcript(session.id)) == ()
    assert done(store.search("hello")) == ()


def test_a_transcript_is_read_from_its_end_a_stretch_at_a_time(store: Store) -> None:
    session = make_session()
    store.save_session(session)
    turns = [make_turn(number) for number in (1, 2, 3, 5, 8, 9)]
    waiting = [make_turn(4, state=TurnState.QUEUED), make_turn(10, state=TurnState.QUEUED)]
    for turn in (*turns, *waiting):
        store.save_turn(session.id, turn)
    store.append(turns[-1].id, text=" and more", calls=(), events_seen=9)

    end = done(_as_port(store).stretch(session.id, limit=2))
    assert [turn.number for turn in end.turns] == [8, 9]
    assert end.turns[-1].text == turns[-1].text + " and more"
    assert end.earlier == 4
    middle = done(store.stretch(session.id, before=8, limit=3))
    assert ([turn.number for turn in middle.turns], middle.earlier) == ([2, 3, 5], 1)
    start = done(store.stretch(session.id, before=2, limit=3))
    assert ([turn.number for turn in start.turns], start.earlier) == ([1], 0)
    assert done(store.stretch(session.id, before=1, limit=3)) == Stretch((), 0)
    assert done(store.stretch(session.id)) == done(store.stretch(session.id, limit=6))
    assert [turn.number for turn in done(store.stretch(session.id)).turns] == [1, 2, 3, 5, 8, 9]
    assert done(store.stretch("nobody", limit=6)) == Stretch((), 0)


def test_counts_and_unfinished_turns_leave_out_the_trash(store: Store) -> None:
    kept, deleted = make_session(), make_session()
    queued = make_turn(5, state=TurnState.QUEUED)
    streaming = make_turn(4)
    for session in (kept, deleted):
        store.save_session(session)
    store.save_turn(kept.id, make_turn(3, state=TurnState.COMPLETED))
    store.save_turn(kept.id, queued)
    store.save_turn(kept.id, streaming)
    store.append(streaming.id, text="more", calls=(), events_seen=1)
    store.save_turn(deleted.id, make_turn(9))
    store.delete_session(deleted.id, NOW)
    assert done(store.turn_counts()) == {kept.id: 5}
    assert done(store.unfinished_turns()) == (
        (kept.id, replace(streaming, text="more", events_seen=1)),
        (kept.id, queued),
    )


def test_a_deleted_session_comes_back_only_by_a_restore(store: Store) -> None:
    session, turn = make_session("findme"), make_turn()
    store.save_session(session)
    store.save_turn(session.id, turn)
    store.delete_session(session.id, NOW)
    store.save_session(session)
    assert done(store.sessions()) == ()
    assert done(store.search("findme")) == ()
    assert done(store.prompts()) == ()
    assert done(store.restore_session(session.id)) == session
    assert done(store.sessions()) == (session,)
    assert done(store.transcript(session.id)) == (turn,)
    assert done(store.restore_session("0" * 32)) is None


def test_the_trash_is_emptied_at_a_start_after_30_days(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    young, old, turn = make_session("young"), make_session("old"), make_turn(prompt="secret word")
    with open_store(path) as store:
        for session in (young, old):
            store.save_session(session)
        store.save_turn(old.id, turn)
        store.delete_session(old.id, NOW - timedelta(days=30))
        store.delete_session(young.id, NOW - timedelta(days=29, hours=23))
        done(store.flush())
    with open_store(path) as store:
        assert done(store.restore_session(old.id)) is None
        assert done(store.restore_session(young.id)) == young
    assert b"secret word" not in path.read_bytes()


def test_the_ledger_tells_what_is_not_ended(store: Store) -> None:
    live = ServerSession("ses_a", "1" * 32, "local", "http://127.0.0.1:1", "me", True, True, True)
    ended = ServerSession("ses_b", "2" * 32, "local", "http://127.0.0.1:1", "me")
    for line in (live, ended, replace(ended, ended_at=NOW)):
        store.save_server_session(line)
    assert done(store.live_server_sessions()) == (live,)


def test_what_a_dead_instance_held_is_taken_over_whole_and_once(store: Store) -> None:
    lines = [ServerSession(f"ses_{name}", "1" * 32, "local", "http://127.0.0.1:1", name) for name in ("a", "dead")]
    ended = ServerSession("ses_c", "1" * 32, "local", "http://127.0.0.1:1", "dead", ended_at=NOW)
    for line in (*lines, ended):
        store.save_server_session(line)
    sessions = {each.busy_in: each for each in (make_session(busy_in=owner) for owner in ("a", "dead", None))}
    for session in sessions.values():
        store.save_session(session)
    done(store.take_over("dead", "me"))
    done(store.take_over("dead", "too late"))
    assert [line.owner for line in done(store.live_server_sessions())] == ["a", "me"]
    busy_in = {session.id: session.busy_in for session in done(store.sessions())}
    assert [busy_in[sessions[owner].id] for owner in ("a", "dead", None)] == ["a", "me", None]


def test_prompts_are_the_newest_first_without_repeats_or_queued_ones(store: Store) -> None:
    one, two = make_session(), make_session()
    store.save_session(one)
    store.save_session(two)
    store.save_turn(one.id, make_turn(1, "again"))
    store.save_turn(two.id, make_turn(2, "middle", state=TurnState.COMPLETED))
    store.save_turn(one.id, make_turn(3, "again"))
    store.save_turn(one.id, make_turn(4, "waits", state=TurnState.QUEUED))
    assert done(store.prompts()) == ("again", "middle")
    assert done(store.prompts(limit=1)) == ("again",)


@pytest.mark.parametrize("prefix", ["abc1", "ABC1", "abc1" + "0" * 28, "ses_77", "77", "ses_7-7", "66"])
def test_a_session_is_found_by_the_beginning_of_any_of_its_ids(store: Store, prefix: str) -> None:
    wanted = make_session(
        id="abc1" + "0" * 28, server_id="ses_7700-1", server_ids=("ses_66" + "0" * 30, "ses_7700-1")
    )
    store.save_session(wanted)
    store.save_session(make_session(id="abc2" + "0" * 28))
    assert done(store.find(prefix)) == (wanted,)


def test_a_prefix_of_several_finds_all_and_an_empty_one_none(store: Store) -> None:
    for digit in "12":
        store.save_session(make_session(id="abc" + digit * 29))
    assert len(done(store.find("abc"))) == 2
    assert done(store.find("ses_")) == ()
    assert done(store.find("abcd")) == ()
