"""An agent that comes with a folder: asked about, said yes to, talked to, its log read; all in the real app."""

from __future__ import annotations

from tests.support.command_line import CommandLine
from tests.support.terminal import Keys

NOISY = """
import sys
while True:
    message = input()
    print(f"on stderr: {message}", file=sys.stderr, flush=True)
    print(f"helper heard {message}")
"""


def test_a_folders_agent_answers_after_a_yes_which_the_next_start_remembers(machine: CommandLine) -> None:
    machine.script("agent.py", NOISY)
    (machine.folder / "superserve.yaml").write_text("name: helper\ncommand: python3 agent.py\n")

    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace")
        terminal.type(Keys.CTRL_N)
        terminal.wait_for("not trusted yet")
        terminal.type(Keys.DOWN)
        terminal.wait_for("Enter look and decide")
        terminal.type(Keys.ENTER)
        terminal.wait_for("Trust this project?", "`python3 agent.py`")
        terminal.type(Keys.RIGHT, Keys.ENTER)
        terminal.wait_for("Message helper")
        terminal.send("hello")
        terminal.wait_for("helper heard hello", "idle")
        terminal.type(Keys.F12)
        terminal.wait_for("Log of helper", "on stderr: hello")
        terminal.type(Keys.ESCAPE)
        terminal.wait_gone("Log of helper")
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0

    with machine.terminal("--agent", "helper") as terminal:
        terminal.wait_for("Message helper")
        terminal.send("again")
        terminal.wait_for("helper heard again", "idle")
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0
