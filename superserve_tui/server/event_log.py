"""The log of one turn: every event as the bytes that go over the wire, and the readers that stream it.

The bytes lie in one buffer with the end of each event beside it, so that 20,000 small events cost one
allocation each time it grows, a listener takes all that is there with one copy, and `after=N` is a look-up.

Everything here runs on the server's loop. May import: the standard library.
"""

from __future__ import annotations

import asyncio
from array import array

__all__ = ["EventLog", "LogReader"]

_LOOK_S = 0.01
"""Between two looks at how far the readers have come, while a flood waits for them."""
_TRIM_BYTES = 1024 * 1024
"""An overflowed log gives back memory in steps of this size."""


class EventLog:
    """The events of one turn, in order, counted from 1."""

    def __init__(self, limit_bytes: int) -> None:
        """Start an empty log that keeps at most `limit_bytes`."""
        self._limit_bytes = limit_bytes
        self._buffer = bytearray()
        self._base = 0
        """Bytes that were dropped in front of the buffer."""
        self._ends = array("Q")
        self._count = 0
        self._readers: set[LogReader] = set()
        self._nobody_reads = asyncio.Event()
        self._nobody_reads.set()
        self.is_overflowed = False
        """It held more than its limit: it serves those who read it already, nobody new."""
        self.is_closed = False
        """Its terminal event is in: nothing follows."""

    @property
    def count(self) -> int:
        """How many events came in, heartbeats included."""
        return self._count

    @property
    def held_bytes(self) -> int:
        """How many bytes of events it holds."""
        return len(self._buffer)

    @property
    def has_readers(self) -> bool:
        """Whether anybody listens."""
        return bool(self._readers)

    def append(self, event: bytes) -> None:
        """Add one event. A closed log must not be added to."""
        assert not self.is_closed, "an event after the terminal one"
        self._buffer += event
        self._count += 1
        if self.is_overflowed:
            self._trim()
        else:
            self._ends.append(len(self._buffer))
            if len(self._buffer) > self._limit_bytes:
                self.is_overflowed = True
                self._ends = array("Q")
                self._trim()
        for reader in self._readers:
            reader.wake()

    def close(self) -> None:
        """Nothing follows: readers end when they have read it all."""
        self.is_closed = True
        for reader in self._readers:
            reader.wake()

    def reader(self, after: int = 0) -> LogReader:
        """Listen from event `after + 1` on; `after` is at most `count`, and the log has not overflowed."""
        assert 0 <= after <= self._count
        assert not self.is_overflowed
        reader = LogReader(self, self._ends[after - 1] if after else 0)
        self._readers.add(reader)
        self._nobody_reads.clear()
        return reader

    async def wait_until_unread(self) -> None:
        """Return when nobody listens."""
        await self._nobody_reads.wait()

    async def wait_until_read(self, most: int, *, patience_s: float) -> None:
        """Return when no reader lags by more than `most` bytes, but one that reads nothing for `patience_s`."""
        clock = asyncio.get_running_loop().time
        while lagging := [each for each in self._readers if not each.is_stuck and self.available(each) > most]:
            places, began = [each.position for each in lagging], clock()
            while clock() - began < patience_s and places == [each.position for each in lagging]:
                await asyncio.sleep(_LOOK_S)
            for reader, place in zip(lagging, places, strict=True):
                reader.is_stuck = reader.position == place and clock() - began >= patience_s

    def take(self, reader: LogReader, most: int) -> bytes:
        """The next bytes for `reader`; called by it."""
        start = reader.position - self._base
        return bytes(self._buffer[start : start + most])

    def available(self, reader: LogReader) -> int:
        """How many bytes `reader` has not had; called by it."""
        return self._base + len(self._buffer) - reader.position

    def remove(self, reader: LogReader) -> None:
        """`reader` left; called by it."""
        self._readers.discard(reader)
        if not self._readers:
            self._nobody_reads.set()
            if self.is_overflowed:
                self._trim()

    def _trim(self) -> None:
        """Drop what every reader has had, and the readers that lag by more than the limit."""
        end = self._base + len(self._buffer)
        for reader in [each for each in self._readers if end - each.position > self._limit_bytes]:
            reader.close()
        keep_from = min((reader.position for reader in self._readers), default=end)
        surplus = keep_from - self._base
        if surplus >= _TRIM_BYTES or not self._readers:
            del self._buffer[:surplus]
            self._base = keep_from


class LogReader:
    """One listener's place in a log."""

    def __init__(self, log: EventLog, position: int) -> None:
        self._log = log
        self.position = position
        """Bytes of the log that it has had."""
        self.is_open = True
        """It still listens; the log closes one that lags by more than it holds."""
        self.is_stuck = False
        """It has read nothing for long: nobody waits for it, until it reads again."""
        self._wake = asyncio.Event()

    @property
    def is_done(self) -> bool:
        """It has had everything and nothing follows."""
        return self._log.is_closed and self._log.available(self) == 0

    @property
    def is_ending(self) -> bool:
        """Nothing follows what is there."""
        return self._log.is_closed

    def read(self, most: int) -> bytes:
        """What is there and was not read yet, at most `most` bytes; may be empty."""
        self._wake.clear()
        if not self.is_open:
            return b""
        data = self._log.take(self, most)
        self.position += len(data)
        self.is_stuck = False
        return data

    async def wait(self) -> None:
        """Return when there may be more to read, or the end."""
        await self._wake.wait()

    def wake(self) -> None:
        """Let `wait` return; called by the log."""
        self._wake.set()

    def close(self) -> None:
        """Stop listening. A second time is a no-op."""
        self.is_open = False
        self._log.remove(self)
        self._wake.set()
