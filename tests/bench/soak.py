"""Part `soak`: twenty sessions, random turns, switches, cuts, stops, resizes and copies; and what is left over.

Not part of a run without names. The server cuts and resets its streams at random; at the end the store is compared
with what it sent, and the app's threads, descriptors and memory at rest with those after the first fifth.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from superserve_tui.domain import TurnState
from superserve_tui.protocol import encode_event
from superserve_tui.store import Store
from tests.bench.figures import Figure, figure
from tests.bench.scene import ROOT, Scene
from tests.support.fault_server import Exchange, FaultServer, completed, delta
from tests.support.faulty_service import FaultyService
from tests.support.terminal import Keys, Terminal
from tests.support.waiting import wait_for

__all__ = ["measure_soak"]

SESSIONS = 20
WORDS = (
    "**bold** ",
    "`code` ",
    "ünï 漢 🎉 ",
    "plain words ",
    "\n\n- item\n",
    "\n```python\nx = 1\n```\n",
    "\x1b[31m ",
    "a[0] ",
)
SIZES = ((120, 40), (80, 24), (200, 60), (90, 30))
ESCAPE_S = 0.4
"""A key that follows an escape sooner may be taken for one sequence with it."""
REST_S = 60.0
"""How long all that runs may take to come to its end."""


class _Turns:
    """The server's side: what it sends for each message, and where it breaks."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._logs: dict[str, list[bytes]] = {}
        self.texts: dict[str, str] = {}
        """By message."""
        self.cuts = 0
        self._listening = 0

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is being answered."""
        return self._listening == 0

    def message(self, exchange: Exchange) -> None:
        """A new turn."""
        with self._lock:
            pieces = self._random.choices(WORDS, k=self._random.randint(1, 250))
            log = [encode_event("run.started", {})]
            for piece in pieces:
                log.append(delta(piece))
                if self._random.random() < 0.03:
                    call = str(len(log))
                    log.append(encode_event("tool.start", {"id": call, "tool": "bash", "input": {"n": call}}))
                    log.append(encode_event("tool.end", {"id": call, "duration_ms": 3}))
            log.append(completed(9))
            self._logs[exchange.request.path.split("/")[3]] = log
            self.texts[exchange.request.json["prompt"]] = "".join(pieces)
        self._send(exchange, log)

    def events(self, exchange: Exchange, after: int) -> None:
        """The rest of one."""
        self._send(exchange, self._logs[exchange.request.path.split("/")[3]][after:])

    def _send(self, exchange: Exchange, log: list[bytes]) -> None:
        with self._lock:
            self._listening += 1
            pause_s = self._random.choice((0.0, 0.0, 0.002, 0.01))
            data = b"".join(log)
            is_cut = self._random.random() < 0.25
            size = self._random.randrange(len(data)) if is_cut else len(data)
            end = self._random.choice((exchange.close, exchange.reset)) if is_cut else exchange.close
            self.cuts += is_cut
        never = threading.Event()
        step = 400 if pause_s else 1 << 20
        exchange.stream()
        for start in range(0, size, step):
            exchange.send(data[start : min(start + step, size)])
            never.wait(pause_s)
        end()
        with self._lock:
            self._listening -= 1


@dataclass(frozen=True, slots=True)
class _Rest:
    """What the app holds while nothing runs."""

    threads: int
    descriptors: int
    memory_mb: float


class _Soak:
    """The person's side."""

    def __init__(self, terminal: Terminal, turns: _Turns, seed: int) -> None:
        self._terminal = terminal
        self._turns = turns
        self._random = random.Random(seed + 1)
        self.asked: list[str] = []
        self.done: Counter[str] = Counter()
        self.screens: list[tuple[str, str]] = []
        """What was done, and what the screen was before; to look at where something is lost."""

    def begin(self) -> None:
        """Make the sessions, each with a first turn."""
        self._terminal.wait_for("Message my-agent")
        self._look_around()
        self._ask()
        for number in range(2, SESSIONS + 1):
            self._terminal.type(Keys.CTRL_N)
            self._terminal.wait_for("Enter start", "built in")
            self._terminal.type(Keys.ENTER)
            self._terminal.wait_for(f"of {number}", "Talk to my-agent")
            self._ask()

    def go_on(self, seconds: float) -> None:
        """Do something at random, again and again."""
        ends = monotonic() + seconds
        never = threading.Event()
        acts = {
            self._ask: 5,
            self._switch: 6,
            self._stop: 1,
            self._resize: 1,
            self._copy: 2,
            self._scroll: 2,
            self._look_around: 2,
            self._change_mind: 1,
        }
        while monotonic() < ends:
            (act,) = self._random.choices([*acts], [*acts.values()])
            name = act.__name__.strip("_")
            self.done[name] += 1
            self.screens.append((f"{name}, {len(self.asked)} asked", self._terminal.text()))
            act()
            never.wait(self._random.uniform(0.02, 0.3))

    def rest(self) -> _Rest:
        """Wait until nothing runs, then look."""
        self._terminal.type(Keys.ESCAPE)
        self._terminal.resize(120, 40)
        self._terminal.wait_until(
            lambda text: self._turns.is_quiet and "running" not in text and "starting" not in text,
            "everything comes to its end",
            deadline_s=REST_S,
        )
        process = Path(f"/proc/{self._terminal.pid}")
        seen: list[tuple[int, int]] = []

        def is_steady() -> bool:
            seen.append((len(list((process / "task").iterdir())), len(os.listdir(process / "fd"))))
            return len(seen) > 4000 and len(set(seen[-3000:])) == 1  # about 3 s

        wait_for(is_steady, REST_S, what="threads and descriptors stay the same")
        lines = (process / "status").read_text(encoding="ascii").splitlines()
        memory_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        return _Rest(*seen[-1], memory_kb / 1024)

    def _ask(self) -> None:
        self.asked.append(f"message {len(self.asked)}")
        self._terminal.send(self.asked[-1])

    def _switch(self) -> None:
        self._terminal.type(
            *self._random.choices((Keys.ALT_UP, Keys.ALT_DOWN, "\x1e"), k=self._random.randint(1, 6))
        )

    def _stop(self) -> None:
        for _ in range(2):
            self._terminal.type(Keys.ESCAPE)
            threading.Event().wait(ESCAPE_S)

    def _resize(self) -> None:
        self._terminal.resize(*self._random.choice(SIZES))

    def _copy(self) -> None:
        self._terminal.type("\x1bc")

    def _scroll(self) -> None:
        self._terminal.type(*self._random.choices(("\x1b[5~", "\x1b[6~", "\x1b[1;5H", "\x1b[1;5F"), k=3))

    def _look_around(self) -> None:
        self._terminal.type(self._random.choice(("\x1bOP", Keys.CTRL_S)))  # the help, the switcher
        self._terminal.wait_for("Esc close")
        self._terminal.type("wor")
        threading.Event().wait(ESCAPE_S)
        self._terminal.type(Keys.ESCAPE)
        self._terminal.wait_gone("Esc close")

    def _change_mind(self) -> None:
        self._terminal.type("half a thought")
        threading.Event().wait(0.1)
        self._terminal.type("\x7f" * len("half a thought"))


def measure_soak(scene: Scene, *, minutes: float, seed: int) -> list[Figure]:
    """All of it, once."""
    turns = _Turns(seed)
    with FaultServer() as server:
        service = FaultyService(server)
        service.on_message, service.on_events = turns.message, turns.events
        environ = {
            **scene.environ,
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "SUPERSERVE_API_URL": server.url,
            "SUPERSERVE_API_KEY": "ss_soak",
        }
        command = [sys.executable, "-m", "superserve_tui", "--agent", "my-agent"]
        with Terminal(command, environ=environ, folder=scene.folder) as terminal:
            soak = _Soak(terminal, turns, seed)
            soak.begin()
            soak.go_on(minutes * 60 / 5)
            early = soak.rest()
            soak.go_on(minutes * 60 * 4 / 5)
            late = soak.rest()
            terminal.type(Keys.CTRL_Q)
            status = terminal.wait_exit()
            left = terminal.differences()
    sys.stderr.write(f"seed {seed}: {dict(soak.done)}, {turns.cuts} cuts, at rest {early}, then {late}\n")
    ends = Counter(service.ended)
    wrong = [*_wrong(scene.database, soak.asked, service.prompts, turns.texts)]
    for line in wrong[:20]:
        sys.stderr.write(f"  {line}\n")
    if wrong:
        trace = scene.folder.with_name(f"soak-{seed}-{os.getpid()}.txt")
        trace.write_text("\n".join(f"== {act}\n{screen}" for act, screen in soak.screens), encoding="utf-8")
        sys.stderr.write(f"  what was done, and the screen before it: {trace}\n")
    part = "soak"
    return [
        figure(part, "turns", [len(service.prompts)], ""),
        figure(part, "cuts", [turns.cuts], ""),
        figure(part, "threads more at rest", [late.threads - early.threads], "", target=0),
        figure(part, "descriptors more at rest", [late.descriptors - early.descriptors], "", target=0),
        figure(part, "memory at rest, first", [early.memory_mb], "MB"),
        figure(part, "memory at rest, last", [late.memory_mb], "MB"),
        figure(part, "memory, last to first", [late.memory_mb / early.memory_mb], "x", target=1.25),
        figure(part, "turns lost, doubled or not as sent", [len(wrong)], "", target=0),
        figure(part, "sessions not ended once", [sum(ends[each] != 1 for each in service.counts)], "", target=0),
        figure(part, "exit status, terminal not as found", [abs(status) + len(left)], "", target=0),
    ]


def _wrong(database: Path, asked: list[str], taken: list[str], texts: dict[str, str]) -> list[str]:
    """What is in the store and should not be, or the other way round."""
    with Store(database, on_problem=_tell) as store:
        sessions = store.sessions().result()
        saved = {turn.prompt: turn for each in sessions for turn in store.transcript(each.id).result()}
    written = "\n".join([*saved, *(each.draft for each in sessions)])
    wrong = [f"{prompt} was sent {count} times" for prompt, count in Counter(taken).items() if count > 1]
    wrong += [f"{prompt} is neither in a transcript nor in a draft" for prompt in asked if prompt not in written]
    for prompt in taken:
        turn, sent = saved.get(prompt), texts[prompt]
        if turn is None:
            continue  # stopped before anything came: it was given back, and stands in what was sent after it
        if turn.text != sent if turn.state is TurnState.COMPLETED else not sent.startswith(turn.text):
            wrong.append(f"{prompt} is {turn.state}, {len(turn.text)} of {len(sent)} characters")
        elif turn.state not in (TurnState.COMPLETED, TurnState.STOPPED):
            wrong.append(f"{prompt} is {turn.state}")
    return wrong


def _tell(what: str, hint: str) -> None:
    sys.stderr.write(f"{what} {hint}\n")
