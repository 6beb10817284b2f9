"""Servers that refuse, servers that are not there: said in words on screen, the text kept, the key unseen."""

from __future__ import annotations

import socket
from pathlib import Path

from superserve_tui.domain import SessionState, TurnState
from tests.client.test_abort import full_backlog
from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer, Handler, answer
from tests.support.saved import make_session, make_turn
from tests.support.session_service import SessionService
from tests.support.terminal import Keys

MESSAGES = "/v1/sessions/ses_[0-9a-f]{32}/messages"
HTML = {"Content-Type": "text/html"}

REFUSALS: tuple[tuple[Handler, str], ...] = (
    (answer(422, {"detail": [{"loc": ["body", "prompt"], "msg": "too\x1b[2J long"}]}), "body.prompt: too long"),
    (answer(403, {"detail": "[bold]not yours[/]"}), "does not permit this: [bold]not yours[/]"),
    (lambda it: it.answer(400, b"<html>no</html>", HTML, reason=""), "(400): 400 Bad Request"),
)
"""Nothing was taken: the text is in the composer again."""

FAULTS: tuple[tuple[Handler, str], ...] = (
    (
        lambda it: it.answer(500, b"<html>\x1b]0;oops</html>", HTML, reason="Broken"),
        "unknown: The server has a fault (500)",
    ),
    (lambda it: it.answer(200, b"<html>log in to the wifi</html>", HTML), "unknown: The server's answer makes no"),
    (lambda it: it.reset(), "unknown: The connection was lost"),
)
"""It may have been taken: the text stands in the transcript, and a key sends it again."""


def test_a_refusal_is_said_and_its_text_kept(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())
        with machine.terminal(environ=service.environ, size=(200, 60)) as terminal:  # notices lie beside the text
            terminal.wait_for("Message my-agent")
            for number, (refusal, words) in enumerate(REFUSALS):
                server.on("POST", MESSAGES, refusal)
                terminal.send(f"message {number}")
                terminal.wait_for_notice(words)
                terminal.wait_for(f"❯ message {number}")
                terminal.type(Keys.CTRL_C)
                terminal.wait_gone(f"❯ message {number}")
            for number, (fault, words) in enumerate(FAULTS):
                server.on("POST", MESSAGES, fault)
                terminal.send(f"fault {number}")
                terminal.wait_for(words, f"▌ fault {number}")
            server.on("POST", MESSAGES, service.hear)
            terminal.send("the next one")
            terminal.wait_for("heard: the next one", "my-agent · idle")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0
            written = terminal.raw
        assert len(server.sent_to(MESSAGES)) == len(REFUSALS) + len(FAULTS) + 1
    _is_unseen(service.environ["HOSTED_KEY"].encode(), written, machine.root)
    assert b"Traceback" not in written


def test_a_refused_key_is_named_by_where_it_came_from(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())
        server.on("POST", MESSAGES, answer(401, {"detail": "who are you?"}))
        with machine.terminal(environ=service.environ) as terminal:
            terminal.wait_for("Message my-agent")
            terminal.send("hello")
            terminal.wait_for_notice("does not accept the key from HOSTED_KEY")
            terminal.wait_for("❯ hello")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0


def test_without_a_server_the_app_opens_and_says_so(machine: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    machine.write_config(
        'default_profile = "hosted"\ndefault_agent = "my-agent"\n'
        f'[profiles.hosted]\nbase_url = "http://127.0.0.1:{port}"\napi_key_env = "HOSTED_KEY"\n'
    )
    saved = make_session("saved before", profile="hosted", agent="my-agent", state=SessionState.ENDED)
    machine.save(saved, make_turn(1, "asked", text="answered long ago", state=TurnState.COMPLETED))
    with machine.terminal("--continue", environ={"HOSTED_KEY": "ss_x"}) as terminal:
        terminal.wait_for("answered long ago")
        terminal.send("are you there?")
        terminal.wait_for("Session expired")
        terminal.type(Keys.ENTER)
        terminal.wait_for("Offline", f"127.0.0.1:{port}", "❯ are you there?")
        with FaultServer(port=port) as server:
            service = SessionService(server)
            terminal.type(Keys.ENTER)
            terminal.wait_for("heard: are you there?", "my-agent · idle")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0
            assert len(service.made) == 1


def test_escape_twice_ends_a_connect_that_hangs(machine: CommandLine) -> None:
    with full_backlog() as port:
        machine.write_config(
            'default_profile = "hosted"\ndefault_agent = "my-agent"\n'
            f'[profiles.hosted]\nbase_url = "http://127.0.0.1:{port}"\napi_key_env = "HOSTED_KEY"\n'
        )
        with machine.terminal("--agent", "my-agent", environ={"HOSTED_KEY": "ss_x"}) as terminal:
            terminal.wait_for("Message my-agent")
            terminal.send("hello")
            terminal.wait_for("starting")
            terminal.type(Keys.ESCAPE)
            terminal.wait_for("again")
            terminal.type(Keys.ESCAPE)
            terminal.wait_gone("starting", deadline_s=5)  # a connect may take 10 s


def _is_unseen(key: bytes, written: bytes, folder: Path) -> None:
    """The key is neither on the terminal nor in any file."""
    assert key not in written
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if key in path.read_bytes()] == []
