"""`doctor --keys` on a real terminal: what is pressed is told, and the terminal is given back."""

from __future__ import annotations

import signal

import pytest

from tests.support.command_line import CommandLine
from tests.support.terminal import Keys


def test_keys_are_told_until_escape_twice(machine: CommandLine) -> None:
    machine.write_config('[keys]\n"session.new" = "F10"\n')
    with machine.terminal("doctor", "--keys", size=(80, 24)) as terminal:
        terminal.wait_for("Press keys")
        terminal.type("\x1b[21~", Keys.CTRL_C, "\x1d")
        terminal.wait_for("F10", "new (everywhere)", "ctrl+c", "ctrl+]", "needs me (everywhere)")
        terminal.type(Keys.ESCAPE)
        terminal.wait_for("Esc   ")
        terminal.type(Keys.ESCAPE)
        assert terminal.wait_exit() == 0
        assert terminal.differences() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(machine: CommandLine, number: signal.Signals) -> None:
    with machine.terminal("doctor", "--keys") as terminal:
        terminal.wait_for("Press keys")
        terminal.type("a")
        terminal.wait_for("typed (composer)")
        terminal.signal(number)
        assert terminal.wait_exit() == 128 + number
        assert terminal.differences() == []
