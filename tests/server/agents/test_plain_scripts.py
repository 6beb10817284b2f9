"""Plain scripts: what is printed between two reads is the answer."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import ask, in_time, opened, script_agent

needs_proc = pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="needs Linux's /proc")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

COUNTING = """
count = 0
while True:
    text = input("you> ")
    count += 1
    print(count, text)
"""


def answers(folder: Path, command: str, prompts: list[str], **files: str) -> list[str]:
    async def talk() -> list[str]:
        written = {name.replace("_", "."): text for name, text in files.items()}
        async with opened(script_agent(folder, command, files=written)) as session:
            return [(await ask(session, prompt)).answer for prompt in prompts]

    return in_time(talk())


def test_one_process_answers_three_messages_and_remembers(tmp_path: Path) -> None:
    assert answers(tmp_path, "python agent.py", ["a", "b", "c"], agent_py=COUNTING) == ["1 a\n", "2 b\n", "3 c\n"]


def test_two_sessions_have_a_process_each(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": COUNTING})
        async with opened(agent) as one, opened(agent) as two:
            await ask(one, "x")
            both = await asyncio.gather(ask(one, "y"), ask(two, "z"))
            return [sink.answer for sink in both]

    assert in_time(talk()) == ["2 y\n", "1 z\n"]


@pytest.mark.parametrize(
    "loop",
    [
        "while True: show(input())",
        "while True: show(input('prompt that is not shown: '))",
        "for line in sys.stdin: show(line[:-1])",
        "for line in iter(sys.stdin.readline, ''): show(line[:-1])",
        "for line in fileinput.input(): show(line[:-1])",
        "while text := sys.stdin.read(): show(text[:-1])",
        "while lines := sys.stdin.readlines(): show(lines[0][:-1])",
        "for line in sys.__stdin__: show(line[:-1])",
        "while True: show(next(sys.stdin)[:-1])",
    ],
)
def test_every_python_reader_gets_a_message_whole(tmp_path: Path, loop: str) -> None:
    script = f"import fileinput, sys\ndef show(text): print(repr(text))\n{loop}\n"
    prompts = ["one", "two\n\nlines\r\n", "", "line\u2028separator", "ünï 🎈"]
    assert answers(tmp_path, "python agent.py", prompts, agent_py=script) == [f"{prompt!r}\n" for prompt in prompts]


def test_a_message_can_be_read_in_parts(tmp_path: Path) -> None:
    script = "import sys\nwhile True: print([sys.stdin.read(3), sys.stdin.readline(2), input()])"
    assert answers(tmp_path, "python agent.py", ["abcdefg"], agent_py=script) == ["['abc', 'de', 'fg']\n"]


def test_a_megabyte_is_one_message(tmp_path: Path) -> None:
    script = "while True: print(len(input()))"
    assert answers(tmp_path, "python agent.py", ["é\n" * 500_000], agent_py=script) == ["1000000\n"]


@needs_proc
@pytest.mark.parametrize(
    "read",
    ["sys.stdin.buffer.readline()", "os.read(0, 4096)", "open(0, 'rb', closefd=False, buffering=0).readline()"],
)
def test_python_that_reads_below_stdin_gets_a_line_with_separators(tmp_path: Path, read: str) -> None:
    script = f"import os, sys\nwhile data := {read}: print(data.decode(), end='')"
    found = answers(tmp_path, "python agent.py", ["one", "two\nlines"], agent_py=script)
    assert found == ["one\n", "two\u2028lines\n"]


@needs_proc
@pytest.mark.parametrize("command", ["cat", "sh agent.sh", "sh -c 'cat | cat'", "sed -u s/a/a/"])
def test_other_programs_get_a_line_with_separators(tmp_path: Path, command: str) -> None:
    script = 'while IFS= read -r line; do printf "%s\\n" "$line"; done'
    found = answers(tmp_path, command, ["one", "two\nlines\r\nthree"], agent_sh=script)
    assert found == ["one\n", "two\u2028lines\u2028three\n"]


@needs_proc
def test_a_shell_that_works_on_in_silence_is_not_cut_short(tmp_path: Path) -> None:
    script = "while read -r line; do echo begin; sleep 0.7; echo end; done"

    async def talk() -> str:
        config = AgentConfig(name="agent", quiet_s=0.2)
        async with opened(
            script_agent(tmp_path, "sh agent.sh", files={"agent.sh": script}, config=config)
        ) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk()) == "begin\nend\n"


@needs_node
def test_node_is_read_till_its_quiet_time(tmp_path: Path) -> None:
    script = (
        "require('readline').createInterface({input: process.stdin}).on('line', (line) => {"
        "console.log('got ' + line); setTimeout(() => console.log('more'), 100)})"
    )

    async def talk() -> list[str]:
        config = AgentConfig(name="agent", quiet_s=0.6)
        async with opened(
            script_agent(tmp_path, "node agent.js", files={"agent.js": script}, config=config)
        ) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b")]

    assert in_time(talk()) == ["got a\nmore\n", "got b\nmore\n"]


def test_line_breaks_sent_as_separators_are_told_once(tmp_path: Path) -> None:
    async def talk() -> list[list[str]]:
        async with opened(script_agent(tmp_path, "cat")) as session:
            return [(await ask(session, prompt)).statuses for prompt in ("a", "b\nc", "d\ne")]

    first, second, third = in_time(talk())
    assert (first, third) == ([], [])
    assert "U+2028" in second[0]


def test_python_is_not_told_of_separators(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": COUNTING})) as session:
            return (await ask(session, "a\nb")).statuses

    assert in_time(talk()) == []


def test_pieces_arrive_as_they_are_printed(tmp_path: Path) -> None:
    script = """
import os, time
while True:
    input()
    print("a", end="")
    while not os.path.exists("go"):
        time.sleep(0.005)
    print("b")
"""

    async def talk() -> list[str]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            sink = RecordingSink()
            turn = asyncio.create_task(session.run("x", sink))
            await sink.wait_until(lambda sink: sink.answer == "a")
            (tmp_path / "go").touch()
            await turn
            return [sink.pieces[0], sink.answer]

    assert in_time(talk()) == ["a", "ab\n"]


@pytest.mark.parametrize(
    "printing",
    [
        "sys.stdout = io.TextIOWrapper(open(1, 'wb', closefd=False)); print(text); sys.stdout.write('end')",
        "sys.stdout = io.StringIO(); print('lost'); sys.stdout = sys.__stdout__; print(text + '\\nend', end='')",
        "os.write(1, (text + '\\nend').encode())",
        "subprocess.run(['sh', '-c', 'echo \"$0\"; printf end', text])",
        "t = threading.Thread(target=print, args=(text + '\\nend',), kwargs={'end': ''}); t.start(); t.join()",
        "sys.stdout.buffer.write((text + '\\nend').encode())",
        "sys.stdout = open(1, 'w', buffering=100000, closefd=False); print(text + '\\nend', end='')",
    ],
)
def test_no_text_is_overtaken_by_the_end_of_the_turn(tmp_path: Path, printing: str) -> None:
    script = f"import io, os, subprocess, sys, threading\nwhile True:\n    text = input()\n    {printing}\n"
    prompts = ["x", "y"]
    assert answers(tmp_path, "python agent.py", prompts, agent_py=script) == ["x\nend", "y\nend"]


def test_characters_split_between_writes_stay_whole(tmp_path: Path) -> None:
    script = """
import os, time
while True:
    input()
    for byte in "é🎈".encode():
        os.write(1, bytes([byte]))
        time.sleep(0.01)
    os.write(1, b"\\xff" + "é".encode()[:1])
"""
    assert answers(tmp_path, "python agent.py", ["x"], agent_py=script) == ["é🎈\ufffd\ufffd"]


def test_nul_bytes_and_lookalikes_of_marks_are_text(tmp_path: Path) -> None:
    script = "import os\nwhile True:\n    input(); os.write(1, b'\\0' + b'0' * 32 + b':W\\0 \\0')"
    found = answers(tmp_path, "python agent.py", ["x"], agent_py=script)
    assert found == ["\0" + "0" * 32 + ":W\0 \0"]


@needs_proc
def test_a_nul_at_the_end_belongs_to_its_own_answer(tmp_path: Path) -> None:
    script = "while read -r line; do printf '%s\\0' $line; done"
    assert answers(tmp_path, "sh agent.sh", ["a", "b"], agent_sh=script) == ["a\0", "b\0"]


def test_a_hundred_megabytes_arrive_whole(tmp_path: Path) -> None:
    script = (
        "import sys\nwhile True:\n    input()\n    for _ in range(100): sys.stdout.write('x' * 999_999 + '\\n')"
    )

    async def talk() -> tuple[int, int]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            sink = await ask(session, "x")
            return len(sink.answer), max(map(len, sink.pieces))

    length, largest = in_time(talk(), timeout_s=40)
    assert length == 100_000_000
    assert largest <= 128 * 1024


@pytest.mark.parametrize("framed", [False, True])
def test_a_script_that_prints_faster_than_anybody_listens_waits(tmp_path: Path, framed: bool) -> None:
    piece = "x" * 1000
    line = f'{{"type": "text", "content": "{piece}"}}' if framed else piece
    script = f"""
while True:
    input()
    for _ in range(5000):
        print('{line}')
    {"print('{" + '"type": "turn_done"' + "}')" if framed else "pass"}
"""
    config = AgentConfig(name="agent", framed=framed)

    async def talk() -> tuple[int, int]:
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            sink = RecordingSink(is_full=True)
            turn = asyncio.create_task(session.run("x", sink))
            await sink.wait_until(lambda sink: bool(sink.pieces))
            done, _ = await asyncio.wait({turn}, timeout=0.5)
            assert not done
            early = len(sink.answer)
            sink.drain()
            await turn
            return early, sink.answer.count("x")

    early, whole = in_time(talk())
    assert early < 1_000_000
    assert whole == 5_000_000


def test_a_greeting_stands_ahead_of_the_first_answer(tmp_path: Path) -> None:
    script = "print('Welcome')\n" + COUNTING
    assert answers(tmp_path, "python agent.py", ["a", "b"], agent_py=script) == ["Welcome\n\n1 a\n", "2 b\n"]


@needs_proc
def test_a_shell_greeting_stands_ahead_of_the_first_answer(tmp_path: Path) -> None:
    script = "printf 'Welcome'; while read -r line; do echo $line; done"
    assert answers(tmp_path, "sh agent.sh", ["a", "b"], agent_sh=script) == ["Welcome\n\na\n", "b\n"]


def test_an_answer_from_another_thread_than_the_reader_is_waited_for(tmp_path: Path) -> None:
    script = """
import queue, sys, threading, time
messages = queue.Queue()
def read():
    for line in sys.stdin:
        messages.put(line)
threading.Thread(target=read, daemon=True).start()
while True:
    text = messages.get()
    time.sleep(0.3)
    print("got", text, end="")
"""

    async def talk() -> list[str]:
        config = AgentConfig(name="agent", quiet_s=0.4)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b")]

    assert in_time(talk()) == ["got a\n", "got b\n"]


def test_a_reader_in_a_worker_thread_ends_the_turn_at_its_next_read(tmp_path: Path) -> None:
    script = """
import asyncio
async def main():
    while True:
        text = await asyncio.to_thread(input)
        print("got", text)
asyncio.run(main())
"""

    async def talk() -> str:
        config = AgentConfig(name="agent", quiet_s=30)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            await ask(session, "a")
            return (await ask(session, "b")).answer

    assert in_time(talk()) == "got b\n"


@needs_proc
@pytest.mark.parametrize(
    "wait", ["select.select([sys.stdin], [], [])", "p = select.poll(); p.register(0, select.POLLIN); p.poll()"]
)
def test_a_script_that_polls_before_it_reads_is_seen_waiting(tmp_path: Path, wait: str) -> None:
    script = f"""
import select, sys, time
while True:
    {wait}
    print("got", repr(input()))
    time.sleep(0.5)
    print("more")
"""

    async def talk() -> list[str]:
        config = AgentConfig(name="agent", quiet_s=0.2)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b\nc")]

    assert in_time(talk()) == ["got 'a'\nmore\n", "got 'b\\nc'\nmore\n"]


@needs_proc
def test_an_asyncio_reader_of_the_pipe_is_quiet_when_it_waits(tmp_path: Path) -> None:
    script = """
import asyncio, sys
async def main():
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        print("got", line.decode(), end="")
asyncio.run(main())
"""

    async def talk() -> list[str]:
        config = AgentConfig(name="agent", quiet_s=0.3)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b")]

    assert in_time(talk()) == ["got a\n", "got b\n"]


@needs_proc
def test_a_python_script_that_waits_for_its_model_is_never_cut_short(tmp_path: Path) -> None:
    script = """
import select, socket, subprocess
one, other = socket.socketpair()
while True:
    text = input()
    print("asking")
    select.select([one], [], [], 0.5)
    one.settimeout(0.5)
    try: one.recv(1)
    except TimeoutError: pass
    subprocess.run(["sleep", "0.5"])
    print("answer")
"""

    async def talk() -> str:
        config = AgentConfig(name="agent", quiet_s=0.05)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk()) == "asking\nanswer\n"


def test_an_empty_answer_ends_the_turn(tmp_path: Path) -> None:
    assert answers(tmp_path, "python agent.py", ["a", "b"], agent_py="while True: input()") == ["", ""]
