"""When the store's thread writes: at once for whoever waits, soon for the others, all of it before it ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.api import wait_for
from tests.support.saved import done, make_session, make_turn, open_store


def _chunks(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM chunk ORDER BY key")]


def test_an_append_reaches_the_disk_though_nobody_waits(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session, turn = make_session(), make_turn()
    with open_store(path) as store:
        store.save_session(session)
        done(store.save_turn(session.id, turn))
        store.append(turn.id, text="soon", calls=(), events_seen=1)
        wait_for(lambda: _chunks(path) == ["soon"], "the append on disk", deadline_s=10)


def test_what_somebody_waits_for_takes_all_before_it_along_in_one_row_per_turn(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session, one, two = make_session(), make_turn(1), make_turn(2)
    with open_store(path, batch_s=3600) as store:
        store.save_session(session)
        store.save_turn(session.id, one)
        done(store.save_turn(session.id, two))
        for number in range(100):
            store.append(one.id, text=f"{number} ", calls=(), events_seen=number + 1)
            store.append(two.id, text=".", calls=(), events_seen=number + 1)
        done(store.flush())
        assert sorted(_chunks(path)) == sorted(["." * 100, "".join(f"{number} " for number in range(100))])


def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session, turn = make_session(), make_turn()
    store = open_store(path, batch_s=3600)
    done(store.start())
    store.save_session(session)
    done(store.save_turn(session.id, turn))
    store.append(turn.id, text="last words", calls=(), events_seen=1)
    assert store.close(10) is True
    assert _chunks(path) == ["last words"]


def test_a_saved_turn_leaves_no_rows_behind(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session, turn = make_session(), make_turn()
    with open_store(path) as store:
        store.save_session(session)
        store.save_turn(session.id, turn)
        store.append(turn.id, text="x", calls=(), events_seen=1)
        done(store.flush())
        assert _chunks(path) == ["x"]
        done(store.save_turn(session.id, turn))
        assert _chunks(path) == []


def test_a_cancelled_future_stops_nothing(tmp_path: Path) -> None:
    session = make_session()
    with open_store(tmp_path / "sessions.db") as store:
        store.sessions().cancel()
        store.search("x").cancel()
        done(store.save_session(session))
        assert done(store.sessions()) == (session,)


def test_a_full_batch_keeps_the_order(tmp_path: Path) -> None:
    session = make_session()
    turns = [make_turn(number) for number in range(1, 5001)]
    with open_store(tmp_path / "sessions.db", batch_s=3600) as store:
        store.save_session(session)
        for turn in turns[:10]:
            store.save_turn(session.id, turn)
        for round_number in range(1000):
            for turn in turns[:10]:
                store.append(turn.id, text=f"{round_number};", calls=(), events_seen=1)
            if round_number % 2:
                store.remove_turn(turns[100].id)
        whole = "".join(f"{round_number};" for round_number in range(1000))
        assert {turn.text for turn in done(store.transcript(session.id))} == {whole}
