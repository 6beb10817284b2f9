"""Several processes on one file, and one that is killed."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.support.processes import start_python
from tests.support.saved import NOW, done, make_session, make_turn, open_store

_APPENDER = """
    import sys, threading, time
    from pathlib import Path
    from superserve_tui.store import Store
    store = Store(Path({path!r}), on_problem=lambda what, hint: sys.exit(what))
    store.start().result()
    pause = threading.Event()
    number = 0
    while True:
        store.append({turn_id!r}, text=f"{{number}};", calls=(), events_seen=number + 1)
        print(number, time.monotonic(), flush=True)
        number += 1
        pause.wait(0.001)
"""

_WRITER = """
    import sys
    from pathlib import Path
    from superserve_tui.store import Store
    from tests.support.saved import make_session, make_turn
    told = []
    with Store(Path({path!r}), on_problem=lambda *problem: told.append(problem)) as store:
        session = make_session({title!r})
        store.save_session(session)
        for number in range(1, 41):
            turn = make_turn(number, prompt=f"{title} {{number}}")
            store.save_turn(session.id, turn).result()
            store.append(turn.id, text="answer", calls=(), events_seen=1)
        assert len(store.transcript(session.id).result()) == 40
    assert told == [], told
"""


def test_kill_9_loses_nothing_that_is_older_than_a_second(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session, turn = make_session(), make_turn()
    with open_store(path) as store:
        store.save_session(session)
        done(store.save_turn(session.id, turn))
    appender = start_python(_APPENDER.format(path=str(path), turn_id=turn.id))
    assert appender.stdout is not None
    with appender.stdout:
        times: list[float] = []
        while not times or times[-1] < times[0] + 1.6:
            number, moment = appender.stdout.readline().split()
            assert int(number) == len(times)
            times.append(float(moment))
        killed_at = time.monotonic()
        appender.kill()
        appender.wait(10)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    must_be_there = sum(moment < killed_at - 1 for moment in times)
    assert must_be_there > 20
    with open_store(path) as store:
        ((_, saved),) = done(store.unfinished_turns())
    numbers = saved.text.split(";")[:-1]
    assert numbers == [str(number) for number in range(len(numbers))]
    assert len(numbers) >= must_be_there
    assert saved.events_seen == len(numbers)


def test_processes_that_begin_and_write_one_file_together_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sessions.db"
    titles = ["one", "two", "three"]
    writers = [start_python(_WRITER.format(path=str(path), title=title)) for title in titles]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
        assert writer.wait(40) == 0
    with open_store(path) as store:
        sessions = done(store.sessions())
        assert sorted(session.title or "" for session in sessions) == sorted(titles)
        for session in sessions:
            turns = done(store.transcript(session.id))
            assert [turn.prompt for turn in turns] == [f"{session.title} {number}" for number in range(1, 41)]
            assert {turn.text for turn in turns} == {"answer"}


def test_changes_of_another_instance_are_noticed_once(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with open_store(path) as mine, open_store(path) as other:
        done(other.flush())
        done(mine.save_session(make_session(created_at=NOW)))
        done(mine.changed_elsewhere())
        assert done(mine.changed_elsewhere()) is False
        done(other.save_session(make_session()))
        assert done(mine.changed_elsewhere()) is True
        assert done(mine.changed_elsewhere()) is False
        done(mine.save_session(make_session()))
        assert done(mine.changed_elsewhere()) is False


def test_closing_one_instance_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session = make_session()
    with open_store(path) as mine:
        with open_store(path) as other:
            done(other.save_session(session))
        done(mine.save_turn(session.id, make_turn()))
    with open_store(path) as again:
        assert len(done(again.transcript(session.id))) == 1
