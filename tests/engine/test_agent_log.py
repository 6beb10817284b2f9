"""What an agent wrote to its log, or why that can't be told."""

from __future__ import annotations

import pytest

from superserve_tui.domain import AgentLogRead
from superserve_tui.engine import ReadAgentLog
from superserve_tui.protocol import NotConnectedError, NotFoundError, SuperserveError
from tests.support.engine_bench import EngineBench, calls_of, running_bench, saved_entry, saved_session
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends, Step


def read(bench: EngineBench, session_id: str) -> AgentLogRead:
    before = len(bench.watcher.of(AgentLogRead))
    bench.do(ReadAgentLog(session_id))
    bench.until(lambda: len(bench.watcher.of(AgentLogRead)) > before)
    found: AgentLogRead = bench.watcher.of(AgentLogRead)[-1]
    assert found.session_id == session_id
    return found


def test_the_log_is_read_also_while_a_turn_runs() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        server_id = bench.session(session_id).server_id
        assert server_id is not None
        bench.backends.logs[server_id] = ["one", "two"]
        assert read(bench, session_id) == AgentLogRead(session_id, ("one", "two"))
        assert calls_of(bench, Step.LOG) == [(server_id,)]
        stream.complete()


def test_a_session_that_is_not_on_a_server_has_none() -> None:
    with running_bench() as bench:
        problem = read(bench, bench.new_session()).problem
        assert problem is not None
        assert "Nothing has run here yet" in problem.what
        assert calls_of(bench, Step.SERVICE) == []


def test_a_server_that_tells_no_logs_is_no_error() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        problem = read(bench, session_id).problem
        assert problem is not None
        assert "not offered here" in problem.what
        assert bench.watcher.problems == []


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (Step.LOG, NotConnectedError("refused"), "Offline: refused"),
        (
            Step.SERVICE,
            NotFoundError("the server that ran this session has ended"),
            "The log is gone: the server that",
        ),
    ],
)
def test_why_a_log_cannot_be_read_is_told_with_it(step: Step, error: SuperserveError, words: str) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.fail(step, error)
        problem = read(bench, session_id).problem
        assert problem is not None
        assert words in problem.what


def test_the_log_of_a_session_that_another_window_holds_can_be_read() -> None:
    clock, backends, store = ManualClock(), ScriptedBackends(), MemoryStore()
    session = saved_session(clock)
    assert session.server_id is not None
    store.save_session(session)
    store.save_server_session(saved_entry(session, owner="other"))
    backends.alive.add("other")
    backends.logs[session.server_id] = ["theirs"]
    with running_bench(store, backends, clock) as bench:
        assert read(bench, session.id).lines == ("theirs",)
