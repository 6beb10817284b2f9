"""What the engine does before it runs: nothing that a first paint would wait for."""

from __future__ import annotations

import threading

from superserve_tui.domain import Change, ProblemRaised
from superserve_tui.engine import Backends, Engine, StorePort
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends
from tests.support.waiting import wait_for


def test_the_parts_are_put_together_on_the_engines_thread() -> None:
    names: list[str] = []

    def parts() -> tuple[StorePort, Backends]:
        names.append(threading.current_thread().name)
        return MemoryStore(), ScriptedBackends()

    engine = Engine(parts)
    assert names == []
    engine.start(lambda: None)
    assert engine.quit()
    assert engine.stop()
    assert names == ["engine"]


def test_parts_that_can_not_be_had_are_told_of_and_leaving_does_not_wait() -> None:
    def parts() -> tuple[StorePort, Backends]:
        raise OSError("the folder is gone")

    engine = Engine(parts)
    engine.start(lambda: None)
    changes: list[Change] = []

    def is_told() -> bool:
        changes.extend(engine.drain())
        return bool(changes)

    wait_for(is_told)
    problem = changes[0]
    assert isinstance(problem, ProblemRaised)
    assert "the folder is gone" in problem.problem.what
    assert engine.quit(timeout_s=5.0)
    assert engine.stop()
