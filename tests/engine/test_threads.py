"""The small parts that the engine's threads stand on: feed, errands, timers, drafts."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial

import pytest

from superserve_tui.engine.drafts import with_message, without_message
from superserve_tui.engine.errands import Errands
from superserve_tui.engine.feed import FLAT_WEIGHT, MAX_WEIGHT, EventFeed
from superserve_tui.engine.timers import Timers
from superserve_tui.protocol import Event, Heartbeat, MessageDelta, SuperserveError
from tests.support.manual_clock import ManualClock
from tests.support.waiting import wait_for


def test_a_feed_is_told_of_once_per_batch() -> None:
    told: list[None] = []
    feed = EventFeed(lambda: told.append(None))
    events: list[Event] = [MessageDelta(str(number)) for number in range(1000)]
    for event in events:
        feed.put(event)
    assert len(told) == 1
    taken = list(feed.take(600))
    feed.tell_rest()
    assert len(told) == 2
    taken += feed.take(600)
    feed.tell_rest()
    assert taken == events
    assert len(told) == 2
    assert not feed.has_events


def _is_full(feed: EventFeed, count: int) -> bool:
    return len(feed._events) == count


@pytest.mark.parametrize("event", [Heartbeat(), MessageDelta("x" * 4_000_000)], ids=["many", "large"])
def test_a_flood_waits_outside_the_feed(event: Event) -> None:
    weight = len(event.content) if isinstance(event, MessageDelta) else FLAT_WEIGHT
    feed = EventFeed(lambda: None)
    put: list[int] = []

    def flood() -> None:
        for number in range(10_000):
            feed.put(event)
            put.append(number)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    limit = MAX_WEIGHT // weight
    for round_number in range(1, 4):
        wait_for(partial(_is_full, feed, limit + 1))
        assert len(put) <= limit * round_number + round_number - 1, "the last one's put came back"
        assert len(list(feed.take(100_000))) == limit + 1
    feed.close()
    thread.join(5)
    assert not thread.is_alive()
    assert not feed.has_events


def test_a_feed_between_two_threads_keeps_the_order() -> None:
    told = threading.Semaphore(0)
    feed = EventFeed(told.release)

    def put_all() -> None:
        for number in range(50_000):
            feed.put(MessageDelta(str(number)))

    thread = threading.Thread(target=put_all)
    thread.start()
    taken: list[str] = []
    while len(taken) < 50_000:
        assert told.acquire(timeout=5)
        taken.extend(event.content for event in feed.take(500) if isinstance(event, MessageDelta))
        feed.tell_rest()
    thread.join(5)
    assert taken == [str(number) for number in range(50_000)]


def test_errands_run_side_by_side_up_to_their_limit() -> None:
    errands = Errands(3, name="test-errand")
    reached, release = threading.Semaphore(0), threading.Event()

    def wait() -> str:
        reached.release()
        release.wait()
        return threading.current_thread().name

    futures: list[Future[str]] = [errands.submit(wait) for _ in range(5)]
    for _ in range(3):
        assert reached.acquire(timeout=5)
    assert not reached.acquire(timeout=0)
    release.set()
    names = {future.result(5) for future in futures}
    assert names <= {f"test-errand:{number}" for number in (1, 2, 3)}
    errands.close()
    with pytest.raises(SuperserveError):
        errands.submit(wait).result(5)
    wait_for(lambda: not [each for each in threading.enumerate() if each.name.startswith("test-errand")])


def test_an_errand_that_fails_says_so_and_its_thread_goes_on() -> None:
    errands = Errands(1, name="test-errand")

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        errands.submit(fail).result(5)
    assert errands.submit(lambda: 7).result(5) == 7
    errands.close()


def test_errands_that_have_not_begun_never_do_after_the_close() -> None:
    errands = Errands(1, name="test-errand")
    reached, release = threading.Event(), threading.Event()
    began: list[str] = []

    def wait() -> None:
        reached.set()
        release.wait()

    first = errands.submit(wait)
    errands.submit(lambda: began.append("second"))
    assert reached.wait(5)
    errands.close()
    release.set()
    first.result(5)
    wait_for(lambda: not [each for each in threading.enumerate() if each.name.startswith("test-errand")])
    assert not began


def test_timers_do_what_is_due() -> None:
    clock = ManualClock()
    timers = Timers(clock.monotonic)
    done: list[str] = []
    assert timers.wait_s() is None
    timers.after("a", 5, lambda: done.append("a"))
    timers.after("b", 1, lambda: timers.after("b", 1, lambda: done.append("again")))
    timers.after("c", 1, lambda: done.append("never"))
    timers.cancel("c")
    assert timers.wait_s() == 1
    clock.advance(1)
    timers.run_due()
    assert (done, timers.has("b"), timers.has("c")) == ([], True, False)
    clock.advance(10)
    assert timers.wait_s() == 0
    timers.run_due()
    assert sorted(done) == ["a", "again"]
    assert timers.wait_s() is None


@pytest.mark.parametrize(
    ("draft", "message", "together"),
    [
        ("", "ok", "ok"),
        ("I looked", "ok", "ok\n\nI looked"),
        ("ok", "ok", "ok"),
        ("ok\n\nmore", "ok", "ok\n\nmore"),
        ("okay", "ok", "ok\n\nokay"),
    ],
)
def test_a_message_comes_back_into_the_draft_once(draft: str, message: str, together: str) -> None:
    assert with_message(draft, message) == together
    assert with_message(together, message) == together


@pytest.mark.parametrize(
    ("draft", "message", "left"),
    [
        ("", "hello", ""),
        ("hello", "hello", ""),
        ("hel", "hello", ""),
        ("hello ", " hello", ""),
        ("hello\n\nmore", "hello", "more"),
        ("something else", "hello", "something else"),
    ],
)
def test_a_sent_message_leaves_the_draft(draft: str, message: str, left: str) -> None:
    assert without_message(draft, message) == left
