"""Sessions that servers have and the store does not."""

from __future__ import annotations

import pytest

from superserve_tui.domain import FarSessionsListed, SessionRemoved, SessionState
from superserve_tui.engine import (
    AttachSession,
    DeleteSession,
    EndFarSession,
    EndSession,
    ListFarSessions,
    SendPrompt,
)
from superserve_tui.protocol import AuthenticationError, NotConnectedError, NotFoundError
from tests.support.engine_bench import EngineBench, calls_of, running_bench
from tests.support.scripted_backend import Step

FAR = "ses_" + "f" * 32


def _listed(bench: EngineBench) -> FarSessionsListed:
    before = len(bench.watcher.of(FarSessionsListed))
    bench.do(ListFarSessions("local"))
    bench.until(lambda: len(bench.watcher.of(FarSessionsListed)) > before)
    found: FarSessionsListed = bench.watcher.of(FarSessionsListed)[-1]
    return found


def _attached(bench: EngineBench) -> str:
    bench.backends.add_session(FAR, message_count=3)
    bench.do(AttachSession("a" * 32, "local", FAR))
    bench.until_state("a" * 32, SessionState.IDLE)
    return "a" * 32


def test_live_sessions_are_listed_with_the_rows_that_they_belong_to() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.add_session(FAR)
        bench.backends.add_session("ses_over", status="ended")
        mine = bench.session(session_id).server_id
        listed = [(far.info.id, far.session_id) for far in _listed(bench).sessions]
        assert listed == [(mine, session_id), (FAR, None)]


@pytest.mark.parametrize(
    ("error", "words", "is_login"),
    [
        (NotFoundError("no such path"), "serves no sessions here", False),
        (AuthenticationError("bad key"), "does not accept the key", True),
        (NotConnectedError("refused"), "Offline", False),
    ],
)
def test_a_server_that_lists_nothing_says_why(error: Exception, words: str, is_login: bool) -> None:
    with running_bench() as bench:
        bench.backends.fail(Step.SESSIONS, error)
        problem = _listed(bench).problem
        assert problem is not None
        assert words in problem.what
        assert problem.is_login is is_login


def test_an_attached_session_goes_on_where_its_agent_is_and_quitting_leaves_it() -> None:
    with running_bench() as bench:
        session_id = _attached(bench)
        session = bench.session(session_id)
        assert (session.server_id, session.is_attached, session.message_count) == (FAR, True, 3)
        bench.converse(session_id, "hello again", "well")
        assert bench.backends.sessions[FAR].messages == ["hello again"]
        assert bench.backends.count(Step.CREATE) == 0
        assert bench.engine.quit()
        assert not bench.backends.count(Step.END)


def test_deleting_an_attached_session_leaves_it_on_its_server_and_ending_it_does_not() -> None:
    with running_bench() as bench:
        session_id = _attached(bench)
        bench.do(EndSession(session_id))
        bench.until_state(session_id, SessionState.ENDED)
        assert calls_of(bench, Step.END) == [(FAR,)]
    with running_bench() as bench:
        bench.do(DeleteSession(_attached(bench)))
        bench.until(lambda: not bench.watcher.sessions)
        bench.settle()
        assert not bench.backends.count(Step.END)


def test_a_session_is_attached_once_and_one_that_is_over_or_gone_never() -> None:
    with running_bench() as bench:
        _attached(bench)
        bench.do(AttachSession("b" * 32, "local", FAR))
        bench.until(lambda: [each.session_id for each in bench.watcher.of(SessionRemoved)] == ["b" * 32])
        assert bench.watcher.problems.pop().what == "That session is in the list already."
        bench.backends.add_session("ses_over", status="timeout")
        for number, server_id in enumerate(("ses_over", "ses_gone")):
            bench.do(AttachSession(f"{number:032}", "local", server_id))
            bench.until(lambda number=number: len(bench.watcher.problems) == number + 1)
        bench.settle()
        assert [each.server_id for each in bench.watcher.sessions.values() if each.server_id] == [FAR]
        assert "over (timeout)" in bench.watcher.problems[0].what


def test_ending_one_that_is_not_in_the_list_lists_what_is_left() -> None:
    with running_bench() as bench:
        bench.backends.add_session(FAR)
        bench.do(EndFarSession("local", FAR))
        bench.until(lambda: bench.watcher.of(FarSessionsListed))
        assert bench.watcher.of(FarSessionsListed)[-1].sessions == ()
        bench.backends.fail(Step.END, NotConnectedError("refused"))
        bench.do(EndFarSession("local", FAR))
        bench.until(lambda: bench.watcher.problems)


def test_a_message_to_an_attached_session_that_expired_asks_as_any_other() -> None:
    with running_bench() as bench:
        session_id = _attached(bench)
        bench.backends.sessions[FAR].status = "timeout"
        bench.do(SendPrompt(session_id, "hello"))
        bench.until(lambda: bench.watcher.expired == [(session_id, "hello")])
