"""`superserve-tui run`: one turn without the app.

May import: click, wiring, store, domain, protocol, the modules of cli, the standard library.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from superserve_tui.cli import completing
from superserve_tui.cli.failures import FAILED, WRONG_USAGE, Failure, failure_of
from superserve_tui.cli.record import TurnRecord, new_session
from superserve_tui.cli.shell import Shell
from superserve_tui.cli.turn import print_turn
from superserve_tui.config import LOCAL_PROFILE
from superserve_tui.domain import ServerSession, Session, SessionState
from superserve_tui.protocol import (
    AGENT_NAME,
    FinishReason,
    NotFoundError,
    RunResult,
    SessionInfo,
    SuperserveError,
    scrub,
    short_id,
)
from superserve_tui.protocol.records import dataclass

if TYPE_CHECKING:
    from superserve_tui import client
    from superserve_tui.store import Store
    from superserve_tui.wiring import ServerBackends

__all__ = ["run"]

_END_S = 2.0
"""Seconds that ending a session may hold the command up; it is written down then and done later."""

_ENDED = frozenset({"agent_exited", "agent_closed_output"})
"""Codes of failures whose further lines are the end of the agent's log."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for."""

    agent: str
    prompt: str
    profile: str
    title: str | None
    idle_timeout_s: int
    is_kept: bool
    is_json: bool


@click.command(short_help="Ask an agent one thing, without the app.")
@click.argument("agent", shell_complete=completing.agents_and_scripts)
@click.argument("prompt", required=False)
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=completing.profiles,
    help="The profile whose server runs it.  [default: the default profile]",
)
@click.option(
    "--session",
    "session_id",
    metavar="ID",
    shell_complete=completing.saved_sessions,
    help="Send it to this session, and do not end that.",
)
@click.option("--keep", is_flag=True, help="Leave the new session on its server, and save it.")
@click.option("--title", metavar="TITLE", help="The new session's title.")
@click.option(
    "--idle-timeout", metavar="SECONDS", type=click.IntRange(min=1), help="Idle seconds until the session ends."
)
@click.option("--trust", is_flag=True, help="Say yes to the agent of this folder's superserve.yaml; remembered.")
@click.option("--json", "is_json", is_flag=True, help="Print each event as one line, as it came over the wire.")
@click.pass_obj
def run(
    shell: Shell,
    *,
    agent: str,
    prompt: str | None,
    profile: str | None,
    session_id: str | None,
    keep: bool,
    title: str | None,
    idle_timeout: int | None,
    trust: bool,
    is_json: bool,
) -> int:
    """Ask AGENT one thing: the answer goes to standard output as it comes.

    A session is made for it and ended with it. Tools and durations go to standard error. Without PROMPT, or
    with - for it, the message is what standard input holds. AGENT may be a script file too.

    \b
    Examples:
      superserve-tui run workspace "What is in this folder?"
      git diff | superserve-tui run reviewer
      superserve-tui run --json coder "Fix the test" | jq -r .type
    """
    text = _prompt(prompt)
    shell.tell_notices()
    trusted = shell.trust_project() if trust else ()
    script = _script(agent)
    scripts = () if script is None else (script,)
    with ExitStack() as stack:
        backends = stack.enter_context(shell.backends(scripts=scripts, trusted=trusted))
        if script is not None:
            agent, profile = _script_agent(shell, script), LOCAL_PROFILE
        request = _Request(
            agent=agent,
            prompt=text,
            profile=shell.profile(backends, profile).name,
            title=title,
            idle_timeout_s=idle_timeout or shell.loaded.config.idle_timeout,
            is_kept=keep,
            is_json=is_json,
        )
        try:
            if session_id is None:
                store = stack.enter_context(shell.store()) if keep else None
                result = _run_new(shell, backends, store, request, None)
            else:
                store = stack.enter_context(shell.store())
                result = _run_in(shell, backends, store, request, session_id)
        except SuperserveError as error:
            raise failure_of(error, key_source=shell.key_source(backends, request.profile)) from error
        return _status(shell, result)


def _run_new(
    shell: Shell, backends: ServerBackends, store: Store | None, request: _Request, saved: Session | None
) -> RunResult:
    """In a session that is made for it; ended after it unless it is kept or saved."""
    service = backends.client(request.profile)
    session = _create(service, request)
    if store is None:
        try:
            return print_turn(shell.console, session, request.prompt, is_json=request.is_json)
        finally:
            _end(shell, backends, session, request.profile, service.base_url)
    if saved is None:
        name = session.info.agent_name or request.agent
        saved = new_session(
            profile=request.profile,
            agent=name,
            title=request.title,
            idle_timeout_s=request.idle_timeout_s,
        )
    backends.keep()
    record = TurnRecord(store, saved, request.prompt, owner=backends.owner)
    record.begin(session.id, service.base_url, count_before=0, is_kept=True)
    try:
        return _print_recorded(shell, session, request, record)
    finally:
        shell.console.note(f"Kept as session {short_id(saved.id)}.")


def _run_in(shell: Shell, backends: ServerBackends, store: Store, request: _Request, session_id: str) -> RunResult:
    """In a session that is there already: saved here, or only known to the profile's server."""
    if not store.find(session_id).result():
        service = backends.client(request.profile)
        session = service.session(service.sessions.resolve(session_id))
        _check_agent(request.agent, session.info)
        try:
            return print_turn(shell.console, session, request.prompt, is_json=request.is_json)
        except BaseException:
            _cancel(session)
            raise
    saved = shell.find(store, session_id)
    if request.agent != saved.agent and not request.agent.startswith("agt_"):
        raise _wrong_agent(saved.agent)
    if saved.state.is_over:
        raise _over(saved, saved.state.value)
    if saved.server_id is None:
        return _run_new(shell, backends, store, request, saved)
    try:
        service = backends.client(saved.profile, saved.server_url)
        session = service.session(saved.server_id)
        count = session.info.message_count
    except NotFoundError:
        store.save_session(replace(saved, state=SessionState.EXPIRED)).result()
        raise _over(saved, "gone from its server") from None
    record = TurnRecord(store, saved, request.prompt, owner=backends.owner)
    record.begin(saved.server_id, service.base_url, count_before=count, is_kept=False)
    return _print_recorded(shell, session, request, record)


def _print_recorded(shell: Shell, session: client.Session, request: _Request, record: TurnRecord) -> RunResult:
    try:
        result = print_turn(shell.console, session, request.prompt, is_json=request.is_json, on_event=record.fold)
    except BaseException as error:
        if not isinstance(error, Exception):
            _cancel(session)
        record.finish(error)
        raise
    record.finish(result)
    return result


def _create(service: client.Client, request: _Request) -> client.Session:
    """Make a session; one that comes too late, after a signal, is ended."""
    made = _in_background(
        lambda: service.create_session(request.agent, title=request.title, idle_timeout=request.idle_timeout_s)
    )
    try:
        return made.result()
    except Exception:
        raise
    except BaseException:
        try:
            late = made.result(timeout=_END_S)
        except Exception:
            raise
        else:
            _in_time(late.end)
        raise


def _end(shell: Shell, backends: ServerBackends, session: client.Session, profile: str, url: str) -> None:
    """End the session; where that does not get through, it is written down for the next start of the app."""
    problem = _in_time(session.end)
    if problem is None or backends.profile(profile).is_local:
        return  # the embedded server ends with us, and its sessions with it
    shell.console.note(f"The session could not be ended: {problem}.")
    shell.console.note("That is tried again when the app starts next.")
    with shell.store() as store:
        store.save_server_session(
            ServerSession(
                server_id=session.id,
                session_id="",
                profile=profile,
                server_url=url,
                owner=backends.owner,
                is_end_owed=True,
            )
        ).result()


def _cancel(session: client.Session) -> None:
    """Stop the turn of a session that lives on: agents act, and nobody listens any more."""
    _in_time(session.cancel)


def _in_time(work: Callable[[], object]) -> str | None:
    """Do something within `_END_S`; returns why it did not get through, None where it did."""
    try:
        _in_background(work).result(timeout=_END_S)
    except TimeoutError:
        return f"no answer within {_END_S:g} s"
    except SuperserveError as error:
        return str(error)
    return None


def _in_background(work: Callable[[], _T]) -> Future[_T]:
    """Run something on a thread that nobody waits for at exit."""
    future: Future[_T] = Future()

    def target() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again by whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=target, name="run", daemon=True).start()
    return future


def _status(shell: Shell, result: RunResult) -> int:
    """0 for an answer; else 1, with a line that says why there is none, what goes with it, and what to do."""
    reason, *more = str(result.error or "").splitlines() or [""]
    reason = reason.rstrip(".")
    match result.finish_reason:
        case FinishReason.COMPLETED:
            return 0
        case FinishReason.FAILED:
            what, hint = f"The turn failed: {reason}.", "Mend what the agent names, then run it again."
            if more and result.error is not None and result.error.code not in _ENDED:
                hint = more.pop()  # the embedded server's words end in what to do; a log's end does not
        case FinishReason.CANCELLED:
            what, hint = "The turn was cancelled on the server.", "Run it again."
        case FinishReason.INTERRUPTED:
            what = f"The turn was interrupted: {reason or 'the connection was lost'}."
            hint = "The agent may have acted already: look before you run it again."
    for line in (what, *more, hint):
        shell.console.note(line)
    return FAILED


def _prompt(given: str | None) -> str:
    """The message: as given, else what standard input holds, less one line end."""
    if given is not None and given != "-":
        text = given
    elif given is None and (sys.stdin is None or sys.stdin.isatty()):
        raise click.UsageError("Missing argument 'PROMPT'.", click.get_current_context())
    else:
        text = "" if sys.stdin is None else sys.stdin.buffer.read().decode("utf-8", "replace")
        text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise Failure("The message is empty.", "Give a PROMPT, or something on standard input.", status=WRONG_USAGE)
    return scrub(text)


def _script(agent: str) -> Path | None:
    """The file, where AGENT is one and can't be a name."""
    if AGENT_NAME.match(agent):
        return None
    path = Path(agent)
    return path.absolute() if path.is_file() else None


def _script_agent(shell: Shell, script: Path) -> str:
    """The name that the embedded server gives a script."""
    from superserve_tui.server.agents.naming import agent_names
    from superserve_tui.server.options import ServerOptions

    configured = tuple(shell.loaded.config.agents.values())
    return agent_names(ServerOptions(Path.cwd(), agents=configured, scripts=(script,)))[1][0]


def _over(session: Session, state: str) -> Failure:
    hint = "Run it without --session, or go on in the app, which continues in a new session."
    return Failure(f"Session {short_id(session.id)} is {state}.", hint)


def _check_agent(agent: str, info: SessionInfo) -> None:
    if info.agent_name is not None and agent not in (info.agent_name, info.agent_id):
        raise _wrong_agent(info.agent_name)


def _wrong_agent(agent: str) -> Failure:
    hint = f"Write `superserve-tui run {agent} --session ID PROMPT`, or leave --session out."
    return Failure(f"That session belongs to the agent {agent}.", hint, status=WRONG_USAGE)
