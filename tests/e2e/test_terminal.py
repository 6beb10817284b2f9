"""What reaches the terminal, and what terminals of every size and kind show."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.command_line import CommandLine
from tests.support.escape_sequences import parts_of
from tests.support.puppet import PUPPET, Strings
from tests.support.terminal import Keys

_OWN = re.compile(
    "|".join(
        (
            r"\x1b\[\??[\d;]*[HJKm]",  # where, how, and what is wiped
            r"\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]",  # modes
            r"\x1b\[\?(?:2026|2048)\$p",  # what the terminal can do
            r"\x1b\[>\d+u|\x1b\[<u",  # the keyboard's mode
            r"\x1b\[2[23];0t",  # its title, kept and given back
            r"\x1b\]2;(?:● \d+ )?(?:▸ \d+ )?superserve-tui\x07",
            r"\x1b\]22;(?:default|text|pointer)\x07",  # the shape of the mouse's pointer
            r"\r|\n",
        )
    )
)
"""Every control sequence that the app has a reason to write."""

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")

_HOSTILE = (
    "\x1b]52;c;aGFja2Vk\x07",  # the clipboard
    "\x1b]0;owned\x07\x1b]2;owned\x1b\\",  # the title
    "\x1b[2J\x1b[H\x1b[?1049l\x1b[31m\x1b[6n",  # the screen, and a question that types
    "\x9b31m\x9d0;owned\x9c\x90q\x9c",  # the same in 8 bits
    '\x1bP$q"p\x1b\\\x1b_G\x1b\\\x1bc',
    "\a\b\v\f\x0e\x7f",
    "\u202eevil\u2066\u2069\U000e0041",
    "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "[@click=app.quit]click[/] [/] [bold a[0]",
    "\x1b]0;never ended",
)

_AGENT = f"""\
import json, sys
hostile = {_HOSTILE!r}
def emit(**event):
    print(json.dumps(event), flush=True)
emit(type="ready")
for line in sys.stdin:
    for number, piece in enumerate(hostile):
        emit(type="status", content=piece)
        emit(type="tool_start", id=str(number), tool="tool" + piece, input={{"key" + piece: piece}})
        emit(type="text", content="before " + piece[: len(piece) // 2])
        emit(type="text", content=piece[len(piece) // 2 :] + " after\\n\\n")
        emit(type="tool_end", id=str(number))
    emit(type="text", content="```\\n" + "".join(hostile) + "\\n```\\n\\n")
    emit(type="text", content="[link](https://evil.example/\\x1b[2J)\\n\\nthe end")
    print("".join(hostile), file=sys.stderr, flush=True)
    emit(type="error", message="failed " + "".join(hostile))
"""

_RAW_AGENT = f"""\
import sys
while True:
    input()
    sys.stdout.buffer.write({"".join(_HOSTILE)!r}.encode("latin-1", "ignore") + b" \\xff\\xc2\\x9b31m the end\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("agent", [_AGENT, _RAW_AGENT], ids=["framed", "plain"])
def test_only_our_own_sequences_reach_the_terminal(machine: CommandLine, agent: str) -> None:
    machine.script("hostile.py", agent)
    title = "title " + "".join(_HOSTILE).replace("\0", "")

    with machine.terminal("hostile.py", "--title", title, size=(160, 50)) as terminal:
        terminal.wait_for("Message hostile")
        terminal.type("\x1b[200~", "words [@click=app.quit]x[/] \u202e", "\x1b[201~")
        terminal.wait_for("❯ words [@click=app.quit]x[/]")
        terminal.send("")
        terminal.wait_for("the end")
        terminal.wait_gone("· running", "starting")
        terminal.wait_for("[@click=app.quit]click[/] [/] [bold a[0]")
        terminal.type(Keys.CTRL_S)
        terminal.wait_for("title ")
        terminal.type(Keys.ESCAPE)
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0
        written = terminal.raw.decode("utf-8")

    (session,) = machine.saved()
    assert "\x1b]52;c;aGFja2Vk\x07" in machine.transcript(session.id)[0].text  # it was there to be cleaned
    foreign = {part for part in parts_of(written) if _is_control(part) and not _OWN.fullmatch(part)}
    assert foreign == set()
    assert _BIDI.findall(written) == []


def test_a_session_listed_in_a_terminal_is_cleaned_too(machine: CommandLine) -> None:
    machine.script("hostile.py", _AGENT)

    done = machine.run_in_terminal("run", "hostile", "hi", "--title", "title " + "".join(_HOSTILE))
    assert done.status in (1, 2), done.out
    machine.write_config('[agents.hostile]\ncommand = "python3 hostile.py"\n')
    done = machine.run_in_terminal("run", "hostile", "hi")

    assert "the end" in done.out
    assert {part for part in parts_of(done.out) if _is_control(part)} <= {"\r", "\n", "\t"}
    assert _BIDI.findall(done.out) == []


def test_windows_of_every_size_in_mid_stream(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)
    sizes = [(20, 5), (300, 100), (40, 12), (81, 24), (119, 40), (21, 100), (300, 6), (120, 40)]

    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        terminal.wait_for("Message puppet")
        terminal.send("one")
        for number, (columns, rows) in enumerate(sizes):
            one.say(
                f"a line that is long enough to be wrapped in a window of twenty columns {number}\n\n| a | b |\n"
            )
            terminal.resize(columns, rows)
            one.say(f"\nN{number}\n\n")
            terminal.wait_for(f"N{number}" if rows > 6 else "❯", "local · puppet")
        one.let_go()
        terminal.wait_for("puppet · idle")
        terminal.type("still alive")
        terminal.wait_for("❯ still alive")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_is_refused_with_a_hint(machine: CommandLine, term: str) -> None:
    with machine.terminal(environ={"TERM": term}) as terminal:
        assert terminal.wait_exit() == 2
        written = terminal.raw

    assert b"\x1b" not in written
    assert b"--plain" in written
    assert b"TERM" in written


def _is_control(part: str) -> bool:
    return part[0] < " " or "\x7f" <= part[0] <= "\x9f"


def test_what_was_said_is_json_without_control_characters(machine: CommandLine) -> None:
    machine.script("hostile.py", _RAW_AGENT)
    machine.write_config('[agents.hostile]\ncommand = "python3 hostile.py"\n')

    done = machine.run("run", "hostile", "hi", "--json")

    assert done.status == 0, done.err
    assert not [part for part in parts_of(done.out) if _is_control(part) and part != "\n"]
    text = "".join(
        event["data"]["content"]
        for event in map(json.loads, done.out.splitlines())
        if event["type"] == "message.delta"
    )
    assert "\x1b]52;c;aGFja2Vk\x07" in text
