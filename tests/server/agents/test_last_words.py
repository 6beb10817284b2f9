"""What the end of standard error says of a process that can't go on."""

from __future__ import annotations

import pytest

from superserve_tui.server.agents.last_words import failure_with_last_words
from superserve_tui.server.agents.stderr_ring import StderrRing

PYTHON = """\
Traceback (most recent call last):
  File "agent.py", line 9, in <module>
    main()
  File "agent.py", line 5, in main
    raise ValueError("the database is gone")
ValueError: the database is gone
"""
NODE = """\
/agent.js:2
throw new Error("the database is gone")
^

Error: the database is gone
    at Object.open (/agent.js:2:7)
    at node:internal/main/run_main_module:28:49 {
  errno: -2
}

Node.js v20.11.0
"""


def told(text: str) -> list[str]:
    log = StderrRing()
    log.feed(text.encode())
    return failure_with_last_words("It ended", "agent_exited", log).message.split("\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PYTHON, "ValueError: the database is gone"),
        (NODE, "Error: the database is gone"),
        ("loading\nno model found\n\n", "no model found"),
        ("  all of it\n  is indented\n", "is indented"),
    ],
)
def test_the_first_line_has_what_was_wrong(text: str, reason: str) -> None:
    assert told(text)[0] == f"It ended: {reason}"


def test_the_last_lines_stand_below_as_they_are() -> None:
    assert told(PYTHON)[1:] == PYTHON.splitlines()[-5:]


def test_one_line_is_told_once() -> None:
    assert told("no model found\n") == ["It ended: no model found"]


def test_silence_is_no_reason() -> None:
    assert told("\n \n") == ["It ended."]
