"""The user interface can be replaced: the same engine, in lines."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from superserve_tui.engine import Engine
from superserve_tui.protocol import (
    AuthenticationError,
    MessageDelta,
    RunCompleted,
    ToolEnd,
    ToolStart,
)
from tests.support.line_front_end import LineFrontEnd
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends, Step

ROOT = Path(__file__).parents[2]

IN_A_CLEAN_INTERPRETER = """
import sys
from superserve_tui.engine import Engine
from superserve_tui.protocol import MessageDelta, RunCompleted
from tests.support.line_front_end import LineFrontEnd
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends

backends = ScriptedBackends()
backends.answer = lambda prompt: [MessageDelta(prompt.upper()), RunCompleted(1)]
LineFrontEnd(Engine(lambda: (MemoryStore(), backends)), print).run(["hello", "/wait"])
print(*{"textual", "rich", "httpx", "starlette", "sqlite3"} & set(sys.modules), "loaded")
"""


def conversation(backends: ScriptedBackends, store: MemoryStore, *lines: str) -> list[str]:
    written: list[str] = []
    engine = Engine(lambda: (store, backends), clock=ManualClock())
    LineFrontEnd(engine, written.append).run(lines)
    return written


def test_a_conversation_in_lines() -> None:
    backends, store = ScriptedBackends(), MemoryStore()
    backends.answer = lambda prompt: [
        ToolStart("shout", prompt),
        ToolEnd(1),
        MessageDelta(prompt.upper()),
        RunCompleted(1),
    ]
    written = conversation(
        backends, store, "/agents", "hello", "/wait", "again", "/wait", "/sessions", "/search again", "/end"
    )
    assert written[0] == "echo"
    for expected in ("HELLO", "* shout completed", "(completed)", "AGAIN", "1 idle hello", "2: again"):
        assert expected in written
    assert written[-2:] == ["[ended]", "bye"]
    assert backends.messages == ["hello", "again"]
    assert backends.count(Step.END) == 1
    again = conversation(backends, store, "/sessions", "/open 1", "/quit", "never sent")
    assert again == ["1 ended hello", "> hello", "HELLO", "> again", "AGAIN", "bye"]


def test_troubles_in_lines() -> None:
    backends = ScriptedBackends()
    backends.answer = lambda prompt: [MessageDelta(prompt.upper()), RunCompleted(1)]
    backends.fail(Step.SEND, None, AuthenticationError("bad key"))

    def lines() -> Iterator[str]:
        yield from ("hello", "/wait", "refused", "/wait")
        next(iter(backends.sessions.values())).status = "timeout"
        yield from ("late", "/wait", "/continue", "/wait")

    written: list[str] = []
    engine = Engine(lambda: (MemoryStore(), backends), clock=ManualClock())
    LineFrontEnd(engine, written.append).run(lines())
    assert "not sent: refused" in written
    assert any(line.startswith("! The server does not accept the key: bad key") for line in written)
    assert "Session expired: /continue" in written
    assert "LATE" in written
    assert backends.messages == ["hello", "late"]


def test_it_needs_neither_textual_nor_the_network() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CLEAN_INTERPRETER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert "HELLO" in lines
    assert lines[-2:] == ["bye", "loaded"]
