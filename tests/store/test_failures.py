"""A broken file, a full disk, a read-only folder: the app goes on, is told once, and loses nothing."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from superserve_tui.domain import TurnState
from superserve_tui.store import sessions
from superserve_tui.store.storage import Job, Storage
from tests.support.processes import run_python
from tests.support.saved import NOW, Problems, done, make_session, make_turn, open_store

_BIG = "many words " * 200_000


def _saved(path: Path, text: str = "answer") -> str:
    with open_store(path) as store:
        session = make_session("kept")
        store.save_session(session)
        done(store.save_turn(session.id, make_turn(state=TurnState.COMPLETED, text=text)))
    return session.id


def _garbled(path: Path, kind: str) -> bytes:
    data = bytearray(path.read_bytes())
    match kind:
        case "garbage":
            data = bytearray(os.urandom(5000))
        case "text":
            data = bytearray(b"this was never a database\n")
        case "cut":
            del data[len(data) // 2 :]
        case "middle":
            data[4096 : len(data) - 4096] = b"\xa5" * (len(data) - 8192)
        case "header":
            data[:100] = bytes(100)
    path.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize("kind", ["garbage", "text", "cut", "middle", "header"])
def test_a_broken_file_is_moved_aside_whole_and_a_fresh_one_begun(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "sessions.db"
    _saved(path)
    broken = _garbled(path, kind)
    (tmp_path / "sessions.db-wal").write_bytes(b"what was in the log")
    problems = Problems()
    with open_store(path, problems) as store:
        session = make_session("new")
        done(store.save_session(session))
        assert done(store.sessions()) == (session,)
    aside = tmp_path / "sessions.db.corrupt-20261122-120000"
    assert aside.read_bytes() == broken
    assert len(problems.told) == 1
    assert aside.name in problems.told[0][1]


def test_a_second_broken_file_of_the_same_second_does_not_replace_the_first(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    for content in (b"first" * 1000, b"second" * 1000):
        path.write_bytes(content)
        with open_store(path, Problems()) as store:
            done(store.flush())
    assert (tmp_path / "sessions.db.corrupt-20261122-120000").read_bytes() == b"first" * 1000
    assert (tmp_path / "sessions.db.corrupt-20261122-120000-2").read_bytes() == b"second" * 1000


def test_a_file_that_breaks_while_in_use_is_replaced_and_the_session_goes_on_in_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session_id = _saved(path, _BIG)
    problems = Problems()
    turn = make_turn(2, state=TurnState.COMPLETED, text="after")
    with open_store(path, problems) as store:
        (session,) = done(store.sessions())
        with path.open("r+b") as file:
            file.write(b"\xa5" * path.stat().st_size)
        assert done(store.transcript(session_id)) == ()
        done(store.save_turn(session_id, turn))
        assert done(store.sessions()) == (session,)
        assert done(store.transcript(session_id)) == (turn,)
    assert len(problems.told) == 1
    assert len(list(tmp_path.glob("sessions.db.corrupt-*"))) >= 1


def test_a_damaged_search_index_is_made_new(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    _saved(path)
    problems = Problems()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM search_data WHERE id > 10")
    with open_store(path, problems) as store:
        assert [hit.where for hit in done(store.search("answer"))] == ["text"]
        assert len(done(store.sessions())) == 1
    assert problems.told == []


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM search_data WHERE id > 10", "UPDATE search_data SET block = x'ffffffffff' WHERE id = 10"],
)
def test_a_damaged_search_index_does_not_keep_a_turn_from_being_saved(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "sessions.db"
    session_id = _saved(path)
    problems = Problems()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(damage)
    with open_store(path, problems) as store:
        (turn,) = done(store.transcript(session_id))
        done(store.save_turn(session_id, replace(turn, text="revised")))
        assert [hit.where for hit in done(store.search("revised"))] == ["text"]
        assert [hit.where for hit in done(store.search("kept"))] == ["title"]
        assert [each.text for each in done(store.transcript(session_id))] == ["revised"]
    assert problems.told == []
    assert not list(tmp_path.glob("*corrupt*"))


def test_a_file_that_is_removed_while_in_use_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session_id = _saved(path)
    problems = Problems()
    with open_store(path, problems) as store:
        done(store.sessions())
        for each in tmp_path.iterdir():
            each.unlink()
        done(store.save_turn(session_id, make_turn(2, state=TurnState.COMPLETED)))
    with open_store(path) as store:
        assert [turn.number for turn in done(store.transcript(session_id))] == [2]
    assert len(problems.told) == 1


def test_a_full_file_keeps_what_it_had_and_the_app_goes_on_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session_id = _saved(path)
    problems = Problems()
    turn = make_turn(2)
    store = open_store(path, problems, max_pages=path.stat().st_size // 4096 + 20)
    done(store.start())
    done(store.save_turn(session_id, turn))
    for number in range(3):
        store.append(turn.id, text=_BIG, calls=(), events_seen=number + 1)
        done(store.flush())
    assert [len(each.text) for each in done(store.transcript(session_id))] == [6, 3 * len(_BIG)]
    assert [hit.where for hit in done(store.search("answer"))] == ["text"]
    done(store.save_turn(session_id, replace(turn, text=_BIG, state=TurnState.COMPLETED)))
    assert [hit.turn for hit in done(store.search("words"))] == [2]
    assert store.close(5) is False
    assert len(problems.told) == 1
    assert "full" in problems.told[0][0]
    with open_store(path) as reopened:
        assert [each.text for each in done(reopened.transcript(session_id))] == ["answer", ""]


def test_what_a_full_disk_did_not_take_is_saved_when_it_has_space_again(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session_id = _saved(path)
    told = run_python(
        f"""
        import resource
        from pathlib import Path
        from superserve_tui.store import Store
        from tests.support.saved import make_turn
        limit = {path.stat().st_size} + 100_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        with Store(Path({str(path)!r}), on_problem=print, retry_s=0.0) as store:
            turn = make_turn(2, text="long " * 100_000)
            store.save_turn({session_id!r}, turn).result()
            store.append(turn.id, text="end", calls=(), events_seen=1)
            assert len(store.transcript({session_id!r}).result()[1].text) == 500_003
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert store.close(5)
        """
    )
    assert told.count("\n") == 1
    with open_store(path) as store:
        assert [len(turn.text) for turn in done(store.transcript(session_id))] == [6, 500_003]


def test_no_place_to_save_leaves_all_working_until_there_is_one(tmp_path: Path) -> None:
    blocker = tmp_path / "home"
    blocker.write_text("a file where the folder should be")
    problems = Problems()
    session, turn = make_session("saved late"), make_turn()
    with open_store(blocker / "data" / "sessions.db", problems, retry_s=0.0) as store:
        done(store.save_session(session))
        store.save_turn(session.id, turn)
        store.append(turn.id, text="text", calls=(), events_seen=1)
        assert done(store.transcript(session.id)) == (replace(turn, text="text", events_seen=1),)
        assert [hit.where for hit in done(store.search("late"))] == ["title"]
        assert len(problems.told) == 1
        blocker.unlink()
        done(store.flush())
    with open_store(blocker / "data" / "sessions.db") as store:
        assert done(store.sessions()) == (session,)
        assert [each.text for each in done(store.transcript(session.id))] == ["text"]


def test_a_read_only_folder_shows_what_is_saved_and_is_not_written_to() -> None:
    with tempfile.TemporaryDirectory() as name:  # not below `tmp_path`, which another user may not enter
        path = Path(name) / "data" / "sessions.db"
        session_id = _saved(path)
        (path.parent / "sessions.db.lock").unlink()
        before = path.read_bytes()
        Path(name).chmod(0o755)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            os.chown(path.parent, 65534, 65534)
        path.parent.chmod(0o555)
        try:
            told = run_python(
                f"""
                import os
                from pathlib import Path
                from superserve_tui.store import Store
                from tests.support.saved import make_turn
                if os.geteuid() == 0:
                    os.setgid(65534)
                    os.setuid(65534)
                with Store(Path({str(path)!r}), on_problem=print) as store:
                    assert [s.title for s in store.sessions().result()] == ["kept"]
                    store.save_turn({session_id!r}, make_turn(2, text="new")).result()
                    assert [t.text for t in store.transcript({session_id!r}).result()] == ["answer", "new"]
                """
            )
            assert told.count("\n") == 1
            assert os.listdir(path.parent) == ["sessions.db"]
            assert path.read_bytes() == before
        finally:
            path.parent.chmod(0o755)


def test_a_job_that_can_not_be_done_leaves_those_beside_it_alone(tmp_path: Path) -> None:
    problems = Problems()
    session = make_session("good")
    with open_store(tmp_path / "sessions.db", problems) as store:
        orphan = store.save_turn("0" * 32, make_turn())
        store.save_session(session)
        assert done(orphan) is None
        assert done(store.sessions()) == (session,)
    assert len(problems.told) == 1


def test_a_job_that_fails_halfway_leaves_nothing_behind(tmp_path: Path) -> None:
    def save_half(connection: sqlite3.Connection) -> None:
        sessions.save_session(connection, make_session("half"))
        raise ValueError("and then it broke")

    problems = Problems()
    storage = Storage(tmp_path / "sessions.db", on_problem=problems, now=lambda: NOW)
    storage.open()
    good = make_session("good")
    jobs: list[Job[Any]] = [
        Job(save_half, None, is_write=True),
        Job(lambda connection: sessions.save_session(connection, good), None, is_write=True),
        Job(sessions.load_sessions, (), is_write=False),
    ]
    assert storage.run(jobs) == [None, None, (good,)]
    assert storage.close() is True
    assert len(problems.told) == 1


def test_another_program_that_holds_the_file_does_not_hold_up_a_message(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    session_id = _saved(path)
    problems = Problems()
    turn = make_turn(2)
    store = open_store(path, problems, busy_limit_s=0.0, retry_s=0.0)
    done(store.start())
    done(store.flush())
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        done(store.save_turn(session_id, turn))
        assert len(done(store.transcript(session_id))) == 2
    assert store.close(10) is True
    assert "another program" in problems.told[0][0]
    with open_store(path) as reopened:
        assert len(done(reopened.transcript(session_id))) == 2


def test_a_closed_store_answers_with_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "sessions.db")
    with store:
        done(store.save_session(make_session("word")))
        assert len(done(store.search("word"))) == 1
    assert done(store.sessions()) == ()
    assert done(store.search("word")) == ()
    assert done(store.save_session(make_session())) is None
    store.append("0" * 32, text="x", calls=(), events_seen=1)
    assert store.close(1) is True


def test_a_store_that_was_never_started_can_be_closed(tmp_path: Path) -> None:
    store = open_store(tmp_path / "sessions.db")
    waiting = store.save_session(make_session(created_at=NOW))
    assert store.close(1) is False
    assert done(waiting) is None
    assert list(tmp_path.iterdir()) == []
