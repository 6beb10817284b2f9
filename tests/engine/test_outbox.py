"""Changes merge where that loses nothing, and stay in order."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime

from superserve_tui.domain import (
    CallChanged,
    LinkChanged,
    StatusReported,
    TextAppended,
    Turn,
    TurnChanged,
    TurnRemoved,
)
from superserve_tui.engine.outbox import Outbox
from superserve_tui.protocol import CallState, ToolCall

CALL = ToolCall(0, "bash", {}, CallState.RUNNING, 0, 0)


def turn(turn_id: str) -> Turn:
    return Turn(turn_id, 1, "hello", datetime(2026, 1, 1, tzinfo=UTC))


def test_text_of_one_turn_merges_past_other_turns() -> None:
    outbox = Outbox(lambda: None)
    for text in "abc":
        outbox.put(TextAppended("s1", "t1", text))
        outbox.put(TextAppended("s2", "t2", text.upper()))
    assert outbox.drain() == [TextAppended("s1", "t1", "abc"), TextAppended("s2", "t2", "ABC")]
    assert outbox.drain() == []


def test_text_never_passes_a_change_of_its_own_turn() -> None:
    for change in (CallChanged("s", "t", CALL), TurnChanged("s", turn("t")), TurnRemoved("s", "t")):
        outbox = Outbox(lambda: None)
        outbox.put(TextAppended("s", "t", "a"))
        outbox.put(change)
        outbox.put(TextAppended("s", "t", "b"))
        assert outbox.drain() == [TextAppended("s", "t", "a"), change, TextAppended("s", "t", "b")]


def test_only_the_last_status_counts() -> None:
    outbox = Outbox(lambda: None)
    outbox.put(StatusReported("s", "one"))
    outbox.put(TextAppended("s", "t", "a"))
    outbox.put(StatusReported("other", "theirs"))
    outbox.put(StatusReported("s", "two"))
    outbox.put(LinkChanged("s", ""))
    outbox.put(TextAppended("s", "t", "b"))
    drained = outbox.drain()
    assert [change for change in drained if isinstance(change, StatusReported)] == [
        StatusReported("other", "theirs"),
        StatusReported("s", "two"),
    ]
    assert "".join(change.text for change in drained if isinstance(change, TextAppended)) == "ab"


def test_a_million_statuses_that_nobody_drains_take_no_room() -> None:
    outbox = Outbox(lambda: None)
    for number in range(50_000):
        outbox.put(StatusReported("s", str(number)))
    assert len(outbox) < 100
    assert outbox.drain() == [StatusReported("s", "49999")]


def test_it_wakes_once_per_drain() -> None:
    woken: list[None] = []
    outbox = Outbox(lambda: woken.append(None))
    for _ in range(3):
        for _ in range(1000):
            outbox.put(TextAppended("s", "t", "a"))
        outbox.drain()
    assert len(woken) == 3


def test_nothing_is_lost_between_two_threads() -> None:
    source = random.Random(1)
    changes = [
        CallChanged("s", f"t{source.randrange(3)}", CALL)
        if source.random() < 0.2
        else TextAppended("s", f"t{source.randrange(3)}", f"{number} ")
        for number in range(20_000)
    ]
    woken = threading.Event()
    outbox = Outbox(woken.set)
    is_done = threading.Event()

    def put() -> None:
        for change in changes:
            outbox.put(change)
        is_done.set()
        woken.set()

    thread = threading.Thread(target=put)
    thread.start()
    drained: list[object] = []
    while not (is_done.is_set() and not thread.is_alive()):
        assert woken.wait(5)
        woken.clear()
        drained.extend(outbox.drain())
        thread.join(0)
    drained.extend(outbox.drain())

    def flat(found: list[object], turn_id: str) -> list[str]:
        """A turn's story: its words and its calls, in order."""
        story = ""
        for change in found:
            if isinstance(change, TextAppended) and change.turn_id == turn_id:
                story += change.text
            elif isinstance(change, CallChanged) and change.turn_id == turn_id:
                story += "call "
        return story.split()

    for turn_id in ("t0", "t1", "t2"):
        assert flat(drained, turn_id) == flat(list(changes), turn_id)
