"""The log of one turn, and the readers that stream it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from superserve_tui.server.event_log import EventLog

MB = 1024 * 1024


def test_reader_gets_every_event_from_the_one_after() -> None:
    log = EventLog(MB)
    for number in range(5):
        log.append(f"<{number}>".encode())
    assert log.count == 5
    assert log.reader().read(MB) == b"<0><1><2><3><4>"
    assert log.reader(after=3).read(MB) == b"<3><4>"
    assert log.reader(after=5).read(MB) == b""


def test_readers_go_on_independently_and_end_after_the_last_event() -> None:
    log = EventLog(MB)
    early = log.reader()
    log.append(b"abc")
    late = log.reader(after=1)
    assert early.read(2) == b"ab"
    log.append(b"def")
    log.close()
    assert (early.is_done, late.is_done) == (False, False)
    assert (early.read(MB), late.read(MB)) == (b"cdef", b"def")
    assert (early.is_done, late.is_done) == (True, True)


def test_waiting_reader_wakes_for_an_event_for_the_end_and_for_its_own_close() -> None:
    async def scenario() -> None:
        log = EventLog(MB)
        reader = log.reader()
        causes: list[Callable[[], None]] = [lambda: log.append(b"x"), log.close, reader.close]
        for happen in causes:
            waiting = asyncio.ensure_future(reader.wait())
            await asyncio.sleep(0)
            assert not waiting.done()
            happen()
            await asyncio.wait_for(waiting, 5)
            reader.read(MB)

    asyncio.run(scenario())


def test_log_knows_when_the_last_reader_left() -> None:
    async def scenario() -> None:
        log = EventLog(MB)
        await asyncio.wait_for(log.wait_until_unread(), 5)
        first, second = log.reader(), log.reader()
        waiting = asyncio.ensure_future(log.wait_until_unread())
        first.close()
        first.close()
        await asyncio.sleep(0)
        assert log.has_readers
        assert not waiting.done()
        second.close()
        await asyncio.wait_for(waiting, 5)
        assert not log.has_readers

    asyncio.run(scenario())


def test_overflowed_log_serves_its_readers_and_forgets_what_they_had() -> None:
    log = EventLog(4 * MB)
    reader = log.reader()
    event = bytes(MB)
    total = 0
    for _ in range(20):
        log.append(event)
        total += len(reader.read(2 * MB))
    assert log.is_overflowed
    assert total == 20 * MB
    assert log.count == 20
    assert log.held_bytes <= 2 * MB


def test_reader_that_lags_by_more_than_the_log_holds_is_cut_off() -> None:
    log = EventLog(4 * MB)
    lagging, quick = log.reader(), log.reader()
    for _ in range(8):
        log.append(bytes(MB))
        quick.read(2 * MB)
    assert (lagging.is_open, quick.is_open) == (False, True)
    assert lagging.read(MB) == b""
    assert log.held_bytes <= 2 * MB


def test_a_flood_waits_for_a_reader_that_lags_and_not_for_one_that_is_stuck() -> None:
    async def scenario() -> None:
        log = EventLog(64 * MB)
        reader, stuck = log.reader(), log.reader()
        for _ in range(4):
            log.append(bytes(MB))
        waiting = asyncio.create_task(log.wait_until_read(2 * MB, patience_s=0.2))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        reader.read(MB)
        await asyncio.sleep(0.05)
        assert not waiting.done()
        reader.read(MB)
        await asyncio.wait_for(waiting, 5)
        assert (reader.is_stuck, stuck.is_stuck) == (False, True)
        log.append(bytes(MB))
        reader.read(MB)
        await asyncio.wait_for(log.wait_until_read(2 * MB, patience_s=60), 5)
        stuck.read(MB)
        assert not stuck.is_stuck

    asyncio.run(scenario())


def test_overflowed_log_that_nobody_reads_holds_nothing() -> None:
    log = EventLog(MB)
    for _ in range(5):
        log.append(bytes(MB))
    assert log.held_bytes == 0


def test_nothing_follows_the_end() -> None:
    log = EventLog(MB)
    log.close()
    with pytest.raises(AssertionError):
        log.append(b"late")
