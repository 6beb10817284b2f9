"""Random orders of what people, servers and clocks do: what was sent is what stands there in the end."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

import pytest

from superserve_tui.domain import SessionState, TurnState
from superserve_tui.engine import OpenSession, Reconnect, RemoveQueued, ResumeQueue, SendPrompt, StopTurn
from superserve_tui.protocol import (
    Event,
    Heartbeat,
    MessageDelta,
    RunCompleted,
    RunFailed,
    RunStarted,
    ToolEnd,
    ToolStart,
)
from tests.support.engine_bench import EngineBench, running_bench
from tests.support.holding import Hold
from tests.support.scripted_backend import ScriptedStream, Step

RUNS = int(os.environ.get("INTERLEAVINGS", "300"))
SETTLED = (SessionState.DRAFT, SessionState.IDLE, SessionState.FAILED, SessionState.INTERRUPTED)


@dataclass
class Sent:
    """What one server side did with one message."""

    stream: ScriptedStream
    events: list[Event] = field(default_factory=list)
    is_over: bool = False
    is_cut: bool = False
    """Nobody listens; the server goes on."""

    @property
    def text(self) -> str:
        return "".join(event.content for event in self.events if isinstance(event, MessageDelta))


class Play:
    """One random play over a few sessions, from one seed."""

    def __init__(self, bench: EngineBench, seed: int) -> None:
        self.bench = bench
        self.random = random.Random(seed)
        self.ids = [bench.new_session() for _ in range(self.random.randint(1, 3))]
        self.sent: dict[str, Sent] = {}
        self.asked: dict[str, list[str]] = {session_id: [] for session_id in self.ids}
        self.stopped = 0
        self.removed: set[str] = set()
        self.holds: list[Hold] = []
        self.was_store_held = False

    def run(self) -> None:
        """Do something at random, a while; then let everything come to its end."""
        moves = [
            (self.ask, 4),
            (self.answer, 8),
            (self.stop, 2),
            (self.hold, 2),
            (self.release, 3),
            (self.advance, 2),
            (self.open, 1),
            (self.resume, 1),
            (self.cut, 1),
            (self.reconnect, 2),
            (self.remove, 1),
            (self.bench.pump, 2),
        ]
        for move in self.random.choices([move for move, _ in moves], [weight for _, weight in moves], k=40):
            move()
        self.finish()

    def ask(self) -> None:
        session_id = self.random.choice(self.ids)
        prompt = f"{session_id[:6]} message {len(self.asked[session_id])}"
        self.asked[session_id].append(prompt)
        self.bench.do(SendPrompt(session_id, prompt))

    def take_streams(self) -> None:
        while self.bench.backends.has_stream:
            stream = self.bench.backends.next_stream()
            if stream.after is None:
                assert stream.prompt not in self.sent, "a message was sent twice"
                saved = {turn.prompt for session_id in self.ids for turn in self.bench.store.turns(session_id)}
                assert stream.prompt in saved or self.was_store_held, "a message left before it was written down"
                self.sent[stream.prompt] = Sent(stream)
            else:
                found = self.sent.get(self.bench.backends.sessions[stream.server_id].messages[-1])
                if found is None:
                    continue  # stopped on its way, and a message sent since: nobody reads it
                found.stream, found.is_cut = stream, False
                stream.emit(*found.events[stream.after :])

    def answer(self) -> None:
        self.take_streams()
        open_ones = [sent for sent in self.sent.values() if not sent.is_over]
        if not open_ones:
            return
        sent = self.random.choice(open_ones)
        for _ in range(self.random.randint(1, 30)):
            kind = self.random.random()
            if kind < 0.8:
                self.give(sent, MessageDelta(f"{len(sent.events)}·"))
            elif kind < 0.9:
                self.give(sent, RunStarted() if kind < 0.85 else Heartbeat())
            else:
                self.give(sent, ToolStart("bash", {}) if kind < 0.95 else ToolEnd(1))
        if self.random.random() < 0.4:
            self.end(sent)

    def give(self, sent: Sent, event: Event) -> None:
        sent.events.append(event)
        if not sent.is_cut:
            sent.stream.emit(event)

    def end(self, sent: Sent) -> None:
        sent.is_over = True
        self.give(sent, RunCompleted(1) if self.random.random() < 0.8 else RunFailed("as planned"))

    def cut(self) -> None:
        """The link of a turn is lost for good, as far as the client can tell; the turn goes on."""
        self.take_streams()
        if listened_to := [sent for sent in self.sent.values() if not sent.is_over and not sent.is_cut]:
            sent = self.random.choice(listened_to)
            sent.is_cut = True
            sent.stream.cut()

    def reconnect(self) -> None:
        self.bench.settle()
        for session_id in self.ids:
            if self.bench.state(session_id) is SessionState.INTERRUPTED:
                self.bench.do(Reconnect(session_id))

    def stop(self) -> None:
        self.bench.do(StopTurn(self.random.choice(self.ids)))

    def hold(self) -> None:
        step = self.random.choice([Step.SERVICE, Step.CREATE, Step.GET, Step.SEND, Step.HEADERS, Step.CANCEL])
        self.holds.append(self.bench.backends.hold(step))
        if self.random.random() < 0.3:
            self.was_store_held = True
            self.bench.store.hold()

    def release(self) -> None:
        self.bench.store.release()
        if self.holds:
            self.holds.pop(self.random.randrange(len(self.holds))).release()

    def advance(self) -> None:
        self.bench.clock.advance(self.random.choice([0.1, 0.3, 0.5, 2.5]))

    def open(self) -> None:
        self.bench.do(OpenSession(self.random.choice(self.ids)))

    def resume(self) -> None:
        self.bench.do(ResumeQueue(self.random.choice(self.ids)))

    def remove(self) -> None:
        session_id = self.random.choice(self.ids)
        for turn in self.bench.watcher.queues.get(session_id, ()):
            self.bench.do(RemoveQueued(session_id, turn.id))
            self.removed.add(turn.prompt)

    def finish(self) -> None:
        """Let go of everything, end what is open, send what waits."""
        bench = self.bench
        bench.store.release()
        for hold in self.holds:
            hold.release()

        def is_quiet() -> bool:
            self.take_streams()
            for sent in self.sent.values():
                if not sent.is_over:
                    self.end(sent)
            bench.clock.advance(0.5)
            for session_id in self.ids:
                if bench.session(session_id).is_queue_paused and bench.queued(session_id):
                    bench.do(ResumeQueue(session_id))
            return is_at_rest() and is_at_rest()

        def is_at_rest() -> bool:
            """Twice in a row means at rest: a queued message may be between leaving the queue and beginning."""
            bench.settle()
            seen = bench.watcher
            return all(not seen.sessions[each].state.is_busy and not seen.queues.get(each) for each in self.ids)

        bench.until(is_quiet, 20.0)
        bench.settle()


def check(play: Play, session_id: str) -> None:
    """The transcript as told, as saved, and as the server has it."""
    bench = play.bench
    told = bench.turns(session_id)
    assert told == bench.store.turns(session_id)
    prompts = [turn.prompt for turn in told]
    taken = [message for side in bench.backends.sessions.values() for message in side.messages]
    assert [prompt for prompt in prompts if prompt in taken] == [
        message for message in taken if message in play.asked[session_id]
    ]
    assert len(set(prompts)) == len(prompts)
    assert {*play.asked[session_id]} - {*prompts} <= play.removed
    for turn in told:
        sent = play.sent.get(turn.prompt)
        match turn.state:
            case TurnState.COMPLETED | TurnState.FAILED:
                assert sent is not None
                assert (turn.text, turn.events_seen) == (sent.text, len(sent.events))
            case TurnState.INTERRUPTED:
                assert sent is not None
                assert sent.text.startswith(turn.text)
            case TurnState.STOPPED:
                assert (sent.text if sent is not None else "").startswith(turn.text)
            case _:
                raise AssertionError(f"{turn.prompt} is {turn.state}")
    session = bench.session(session_id)
    assert session.state in SETTLED
    assert len(session.server_ids) <= 1, "one row, one server session"


@pytest.mark.parametrize("block", range(10))
def test_every_message_has_its_answer_whatever_the_order(block: int) -> None:
    for seed in range(block * RUNS // 10, (block + 1) * RUNS // 10):
        with running_bench() as bench:
            play = Play(bench, seed)
            try:
                play.run()
                for session_id in play.ids:
                    check(play, session_id)
                assert not bench.watcher.problems
                assert not bench.watcher.returned
                assert len(bench.store.ledger) == len(bench.backends.sessions)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {error}") from error
