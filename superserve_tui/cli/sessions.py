"""`superserve-tui sessions`: the saved sessions.

May import: click, store, exporting, domain, protocol, the modules of cli.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from superserve_tui.cli import completing
from superserve_tui.cli.clock import ago, now
from superserve_tui.cli.failures import FAILED, Failure, failure_of
from superserve_tui.cli.shell import Shell
from superserve_tui.domain import (
    ExportFormat,
    SecretKind,
    ServerSession,
    Session,
    SessionState,
    clean_line,
    export_session,
    session_json,
    transcript_json,
)
from superserve_tui.protocol import ConnectionFailedError, NotFoundError, SuperserveError, short_id

if TYPE_CHECKING:
    from superserve_tui.exporting import Export
    from superserve_tui.store import Store
    from superserve_tui.wiring import ServerBackends

__all__ = ["sessions"]


@click.group(short_help="Saved sessions: list, read, search, export, end, delete.")
def sessions() -> None:
    """List, read, search, export, end and delete saved sessions.

    ID is a session's id here, or its id on the server, or the beginning of either as long as only one session
    has it.
    """


@sessions.command("list")
@click.option("--json", "is_json", is_flag=True, help="Print an array of objects.")
@click.pass_obj
def list_sessions(shell: Shell, *, is_json: bool) -> None:
    """List the saved sessions, the newest activity first."""
    with shell.store() as store, shell.backends() as backends:
        found = shell.true_states(store, backends, store.sessions().result())
    if is_json:
        shell.console.json([session_json(session) for session in found])
        return
    if not found:
        shell.console.note("No sessions are saved yet.")
        return
    rows = [
        (
            short_id(session.id),
            session.state.value,
            session.agent,
            session.profile,
            ago(session.last_activity_at or session.created_at),
            f"{'* ' if session.is_pinned else ''}{session.title or ''}",
        )
        for session in found
    ]
    shell.console.table(("ID", "STATE", "AGENT", "PROFILE", "ACTIVE", "TITLE"), rows)


@sessions.command()
@click.argument("name", metavar="ID", shell_complete=completing.saved_sessions)
@click.option("--json", "is_json", is_flag=True, help="Print one object, with all turns.")
@click.pass_obj
def show(shell: Shell, *, name: str, is_json: bool) -> None:
    """Show a session with everything that was said in it."""
    with shell.store() as store, shell.backends() as backends:
        (session,) = shell.true_states(store, backends, [shell.find(store, name)])
        turns = store.transcript(session.id).result()
    if is_json:
        shell.console.json(transcript_json(session, turns))
        return
    shell.console.line(f"id {session.id}, {session.state.value}")
    for server_id in session.server_ids:
        shell.console.line(f"on the server {server_id}")
    shell.console.line()
    shell.console.text(export_session(session, turns, ExportFormat.TEXT))


@sessions.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "is_json", is_flag=True, help="Print an array of objects: id, title, turn, where, snippet.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="At most so many hits, the best first.",
)
@click.pass_obj
def search(shell: Shell, *, text: tuple[str, ...], is_json: bool, limit: int) -> None:
    """Search titles, messages, answers and tool inputs.

    All words of TEXT must stand in one place, the last one at least as a beginning; "quoted words" as they stand.

    \b
    Example:
      superserve-tui sessions search '"time zone" import'
    """
    with shell.store() as store:
        hits = store.search(" ".join(text), limit=limit).result()
    if is_json:
        shell.console.json(
            [
                {
                    "id": hit.session_id,
                    "title": hit.title,
                    "turn": hit.turn,
                    "where": hit.where,
                    "snippet": hit.snippet,
                }
                for hit in hits
            ]
        )
        return
    if not hits:
        shell.console.note("Nothing found.")
        return
    rows = [
        (
            short_id(hit.session_id),
            clean_line(hit.title, limit=30),
            hit.where if hit.turn is None else f"turn {hit.turn}, {hit.where}",
            hit.snippet,
        )
        for hit in hits
    ]
    shell.console.table(("ID", "TITLE", "WHERE", "TEXT"), rows)


@sessions.command(short_help="Write a session as Markdown, JSON, text or a web page.")
@click.argument("name", metavar="ID", shell_complete=completing.saved_sessions)
@click.option(
    "--format",
    "format_name",
    type=click.Choice([each.value for each in ExportFormat]),
    default=ExportFormat.MARKDOWN.value,
    show_default=True,
    help="What to write; html is one page that looks good on screen and on paper.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(),
    help="Write to this file, replacing it, or into this folder.  [default: standard output]",
)
@click.option(
    "--tools/--no-tools",
    "with_tools",
    default=True,
    help="With the tool calls; JSON always has them.  [default: with]",
)
@click.option("--check", is_flag=True, help="Count what looks like a secret in it, on standard error.")
@click.option(
    "--mask",
    "masks",
    metavar="KIND",
    multiple=True,
    type=click.Choice(["all", *(each.value for each in SecretKind)]),
    help=f"Mask what looks like a secret: all, {', '.join(SecretKind)}. May be given several times.",
)
@click.pass_obj
def export(
    shell: Shell,
    *,
    name: str,
    format_name: str,
    output: str | None,
    with_tools: bool,
    check: bool,
    masks: tuple[str, ...],
) -> None:
    """Write a session as Markdown, JSON, text or a self-contained HTML page.

    Messages and answers are written as they were sent, but for what --mask hides: there stands a mask such as
    [email-1], the same one for the same text. Secrets are found by their shape, so look before you publish. A file
    is readable by you alone.

    \b
    Examples:
      superserve-tui sessions export 3f2a --format html -o .
      superserve-tui sessions export 3f2a --check --mask key -o talk.md
    """
    with shell.store() as store, shell.backends() as backends:
        (session,) = shell.true_states(store, backends, [shell.find(store, name)])
        turns = store.transcript(session.id).result()
    from superserve_tui.exporting import export_place, export_transcript, mask_kinds

    made = export_transcript(
        session, turns, ExportFormat(format_name), with_tools=with_tools, mask=mask_kinds(masks)
    )
    if output is None or output == "-":
        shell.console.text(made.text)
    else:
        path = export_place(made, output, folder=Path())
        _save(made, path)
        shell.console.note(f"Wrote {path}")
    if check:
        _tell_secrets(shell, made)


def _tell_secrets(shell: Shell, made: Export) -> None:
    from superserve_tui.exporting import secret_lines

    for line in secret_lines(made.masked):
        shell.console.note(f"Masked {line}")
    for line in secret_lines(made.found):
        shell.console.note(f"Found {line}")
    if made.found:
        shell.console.note("Hide them with --mask KIND, or --mask all.")
    elif not made.masked:
        shell.console.note("Nothing in it looks like a secret.")


@sessions.command()
@click.argument("names", metavar="ID...", nargs=-1, required=True, shell_complete=completing.saved_sessions)
@click.pass_obj
def end(shell: Shell, *, names: tuple[str, ...]) -> int:
    """End sessions on their servers. They stay readable here.

    A turn that runs is stopped by it.
    """
    status = 0
    with shell.store() as store, shell.backends() as backends:
        for session in _find_all(shell, store, names):
            try:
                words = _end(store, backends, session)
            except SuperserveError as error:
                failure = failure_of(error, key_source=shell.key_source(backends, session.profile))
                shell.console.note(f"{short_id(session.id)}: {failure.what}")
                shell.console.note(failure.hint)
                status = FAILED
            else:
                shell.console.line(f"{short_id(session.id)} {words}")
    return status


@sessions.command()
@click.argument("names", metavar="ID...", nargs=-1, required=True, shell_complete=completing.saved_sessions)
@click.pass_obj
def delete(shell: Shell, *, names: tuple[str, ...]) -> int:
    """Move sessions to the trash. After 30 days they are gone for good.

    What still lives on a server is ended there, but for sessions that were kept or made elsewhere.
    """
    status = 0
    with shell.store() as store, shell.backends() as backends:
        for session in _find_all(shell, store, names):
            entry = _entry(store, session)
            if session.state.is_busy and entry is not None and backends.is_alive(entry.owner):
                shell.console.note(f"{short_id(session.id)} has a turn that runs.")
                shell.console.note(f"Stop it first: `superserve-tui sessions end {short_id(session.id)}`.")
                status = FAILED
                continue
            if entry is not None and not entry.is_attached and not entry.is_kept:
                try:
                    _end(store, backends, session)
                except SuperserveError as error:
                    store.save_server_session(replace(entry, is_end_owed=True)).result()
                    shell.console.note(f"{short_id(session.id)} could not be ended: {failure_of(error).what}")
                    shell.console.note("That is tried again when the app starts next.")
            store.delete_session(session.id, now())
            shell.console.line(f"{short_id(session.id)} moved to the trash")
        store.flush().result()
    return status


def _find_all(shell: Shell, store: Store, names: tuple[str, ...]) -> list[Session]:
    """Each session once; nothing is done where one of the names is wrong."""
    found = {session.id: session for session in (shell.find(store, name) for name in names)}
    return list(found.values())


def _entry(store: Store, session: Session) -> ServerSession | None:
    """The ledger's line of its present server session, while that is live as far as we know."""
    entries = store.live_server_sessions().result()
    return next((entry for entry in entries if entry.server_id == session.server_id), None)


def _end(store: Store, backends: ServerBackends, session: Session) -> str:
    """End it on its server and write that down; returns what there is to tell."""
    if session.server_id is None:
        raise NotFoundError("it is a draft, which no server knows yet")
    if session.state.is_over:
        return f"was {session.state.value} already"
    is_local = backends.profile(session.profile).is_local
    entry = _entry(store, session)
    state, words = SessionState.ENDED, "ended"
    try:
        backends.client(session.profile, session.server_url).session(session.server_id).end()
    except ConnectionFailedError:
        if not is_local:
            raise
        state, words = SessionState.EXPIRED, "was gone already: its server has ended"
    except NotFoundError:
        state, words = SessionState.EXPIRED, "was gone already: its server has ended"
    is_elsewhere = session.state.is_busy and entry is not None and backends.is_alive(entry.owner)
    if not is_elsewhere:  # else the app that runs it hears of the end, and writes it down itself
        store.save_session(replace(session, state=state)).result()
        if entry is not None:
            store.save_server_session(replace(entry, ended_at=now(), is_end_owed=False)).result()
    return words


def _save(made: Export, path: Path) -> None:
    """To a file, or as it is to what is no regular file (a pipe, /dev/null)."""
    from superserve_tui.exporting import save_export

    if path.exists() and not path.is_file():
        path.write_bytes(made.content)
    elif path.parent.is_dir():
        save_export(made, path, is_sure=True)
    else:
        raise Failure(f"There is no folder {path.parent}.", "Make it first, or choose another file.")
