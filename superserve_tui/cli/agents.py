"""`superserve-tui agents`: the agents of every profile, and those of the config file.

May import: click, wiring, config, protocol, the modules of cli, the standard library.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superserve_tui.cli import completing
from superserve_tui.cli.failures import FAILED, WRONG_USAGE, Failure, failure_of
from superserve_tui.cli.models import complete_model, tool_warning
from superserve_tui.cli.shell import Shell
from superserve_tui.config import ConfigError, Saved, check_name, load, remove_table, set_table
from superserve_tui.protocol import Agent, NotFoundError, SuperserveError
from superserve_tui.protocol.records import dataclass

if TYPE_CHECKING:
    from superserve_tui.wiring import Profile, ServerBackends

__all__ = ["agents", "tell_saved"]

_RESERVED = frozenset({"workspace"})


@dataclass(frozen=True, slots=True)
class _Listed:
    """A profile's agents, or why they are not known."""

    profile: Profile
    agents: tuple[Agent, ...] = ()
    error: SuperserveError | None = None
    skipped: int = 0
    """Rows that could not be read."""


@click.group(short_help="Agents: list them, add and remove your own.")
def agents() -> None:
    """List agents, and add or remove agents of your own.

    An agent is a program that answers, on this machine (profile `local`) or on a server. `workspace` is built in.
    """


@agents.command("list")
@click.option(
    "--profile", metavar="NAME", shell_complete=completing.profiles, help="Only the agents of this profile."
)
@click.option("--json", "is_json", is_flag=True, help="Print an array of objects.")
@click.pass_obj
def list_agents(shell: Shell, *, profile: str | None, is_json: bool) -> int:
    """List the agents of every profile."""
    shell.tell_notices()
    with shell.backends() as backends:
        profiles = backends.profiles if profile is None else (shell.profile(backends, profile),)
        listings = _list_all(backends, profiles)
        _tell_errors(shell, backends, listings)
    if is_json:
        shell.console.json([_agent_json(each.profile, agent) for each in listings for agent in each.agents])
    else:
        rows = [
            (agent.name, each.profile.name, _readiness(agent), agent.command or "")
            for each in listings
            for agent in each.agents
        ]
        if rows:
            shell.console.table(("NAME", "PROFILE", "STATUS", "COMMAND"), rows)
    return FAILED if all(each.error is not None for each in listings) else 0


@agents.command("show", short_help="Show what is known of an agent.")
@click.argument("name", shell_complete=completing.agents)
@click.option("--profile", metavar="NAME", shell_complete=completing.profiles, help="Look on this profile only.")
@click.option("--json", "is_json", is_flag=True, help="Print one object.")
@click.pass_obj
def show_agent(shell: Shell, *, name: str, profile: str | None, is_json: bool) -> None:
    """Show what is known of an agent: by name, the default profile first."""
    shell.tell_notices()
    with shell.backends() as backends:
        profiles = backends.profiles if profile is None else (shell.profile(backends, profile),)
        listings = _list_all(backends, profiles)
        found = [
            (each.profile, agent) for each in listings for agent in each.agents if name in (agent.name, agent.id)
        ]
        if not found:
            _tell_errors(shell, backends, listings)
            raise Failure(f"There is no agent {name}.", "`superserve-tui agents list` shows which there are.")
    where, agent = found[0]
    if is_json:
        shell.console.json(_agent_json(where, agent))
        return
    rows = [
        ("name", agent.name),
        ("id", agent.id),
        ("profile", where.name),
        ("status", _readiness(agent)),
        ("command", agent.command or "-"),
        ("needs", ", ".join(agent.required_secrets) or "-"),
        ("has", ", ".join(agent.environment_keys) or "-"),
        ("created", agent.created_at or "-"),
        ("updated", agent.updated_at or "-"),
    ]
    for key, value in rows:
        shell.console.line(f"{key:8} {value}")


@agents.command("add")
@click.argument("name")
@click.option(
    "--command", metavar="COMMAND", help='The program that is the agent, e.g. "python agent.py". No shell runs it.'
)
@click.option("--cwd", metavar="FOLDER", type=click.Path(), help="The folder that it works in.")
@click.option(
    "--secret",
    "secrets",
    metavar="NAME",
    multiple=True,
    help="A variable that it needs. May be given several times.",
)
@click.option(
    "--framed/--no-framed", default=None, help="It speaks JSON lines, or never does.  [default: found out]"
)
@click.option("--quiet-s", type=float, metavar="SECONDS", help="Seconds of silence that end a plain answer.")
@click.option("--port", metavar="N", type=int, help="The port of an HTTP agent; with --command it is started.")
@click.option(
    "--model", metavar="NAME", help="A model behind an OpenAI-compatible endpoint; left out: they are listed."
)
@click.option("--url", "--base-url", "base_url", metavar="URL", help="That endpoint, with /v1.")
@click.option("--api-key-env", metavar="NAME", help="The variable that holds the endpoint's key.")
@click.option("--tools", metavar="SET", help="What a model may do: none, read, edit or run (all with your rights).")
@click.option("--context-tokens", type=int, metavar="N", help="How many tokens the model takes.  [default: 32000]")
@click.option("--system-prompt-file", metavar="FILE", type=click.Path(), help="Text ahead of every conversation.")
@click.option("--replace", "is_replacing", is_flag=True, help="Replace an agent of that name.")
@click.pass_obj
def add_agent(shell: Shell, /, *, name: str, cwd: str | None, is_replacing: bool, **given: Any) -> None:
    """Add an agent of your own to the config file.

    \b
    Examples:
      superserve-tui agents add coder --command "python agent.py" --cwd ~/coder
      superserve-tui agents add llama --model llama3.2 \\
        --url http://127.0.0.1:11434/v1
    """
    try:
        check_name("agents", name)
    except ValueError as error:
        raise Failure(f"{name}: {error}.", "Choose another name, e.g. my-agent.", status=WRONG_USAGE) from None
    if name in _RESERVED:
        raise Failure(f"{name} is built in.", "Choose another name.", status=WRONG_USAGE)
    values: dict[str, Any] = {key: value for key, value in given.items() if value is not None and value != ()}
    if secrets := values.pop("secrets", None):
        values["secrets"] = list(secrets)
    if prompt := values.pop("system_prompt_file", None):
        values["system_prompt_file"] = str(Path(prompt).expanduser().absolute())
    if cwd is not None:
        folder = Path(cwd).expanduser().absolute()
        if not folder.is_dir():
            raise Failure(f"{cwd} is no folder.", "Make it first, or choose another --cwd.", status=WRONG_USAGE)
        values["cwd"] = str(folder)
    config_file = shell.paths.config_file
    if not is_replacing and name in load(config_file).config.agents:
        hint = f"Use --replace, or `superserve-tui agents remove {name}` first."
        raise Failure(f"There is an agent {name} already.", hint, status=WRONG_USAGE)
    complete_model(shell, values)
    if not {"command", "port", "model"} & set(values):
        raise click.UsageError("One of --command, --port and --model is needed.")
    saved = set_table(config_file, ("agents", name), values)
    shell.console.line(f"Added {name} to {saved.path}")
    _warn_of_command(shell, name, values)
    if (warning := tool_warning(values)) is not None:
        shell.console.note(warning)
    tell_saved(shell, saved)


@agents.command("remove")
@click.argument("name", shell_complete=completing.own_agents)
@click.pass_obj
def remove_agent(shell: Shell, *, name: str) -> None:
    """Take an agent of your own out of the config file."""
    if name in _RESERVED:
        raise Failure(f"{name} is built in and stays.", "Nothing was changed.", status=WRONG_USAGE)
    try:
        saved = remove_table(shell.paths.config_file, ("agents", name))
    except ConfigError as error:
        if not error.hint:
            error.hint = (
                "`superserve-tui agents list` shows the agents; only those of the config file can be removed."
            )
        raise
    shell.console.line(f"Removed {name} from {saved.path}")
    tell_saved(shell, saved)


def _warn_of_command(shell: Shell, name: str, values: dict[str, Any]) -> None:
    """It may be installed later; until then every session with it would fail."""
    if "command" not in values:
        return
    from superserve_tui.server.agents.command import CommandError, CommandLine

    try:
        CommandLine.parse(values["command"], cwd=Path(values.get("cwd", "")).absolute(), environ=shell.environ)
    except CommandError as error:
        shell.console.note(f"{name} can't be started yet: {error}.")


def tell_saved(shell: Shell, saved: Saved) -> None:
    """Say what a change of the config file has cost."""
    if saved.has_lost_comments:
        shell.console.note(f"The file's comments are only in {saved.backup} now.")


def _list_all(backends: ServerBackends, profiles: tuple[Profile, ...]) -> list[_Listed]:
    """The agents of all profiles, asked for at once."""

    def ask(profile: Profile) -> _Listed:
        try:
            found = backends.client(profile.name).agents.list()
            return _Listed(profile, tuple(found), skipped=found.skipped)
        except SuperserveError as error:
            return _Listed(profile, error=error)

    with ThreadPoolExecutor(max_workers=len(profiles), thread_name_prefix="agents") as pool:
        return list(pool.map(ask, profiles))


def _tell_errors(shell: Shell, backends: ServerBackends, listings: list[_Listed]) -> None:
    for each in listings:
        if each.skipped:
            shell.console.note(f"{each.profile.name}: rows left out that can't be read: {each.skipped}")
        if each.error is None:
            continue
        if isinstance(each.error, NotFoundError):
            shell.console.note(f"{each.profile.name}: serves no sessions here")
            shell.console.note("Check the profile's address with `superserve-tui config show`.")
            continue
        failure = failure_of(each.error, key_source=shell.key_source(backends, each.profile.name))
        shell.console.note(f"{each.profile.name}: {failure.what}")
        shell.console.note(failure.hint)


def _agent_json(profile: Profile, agent: Agent) -> dict[str, Any]:
    return {**agent.to_json(), "profile": profile.name, "missing_secrets": list(agent.missing_secrets)}


def _readiness(agent: Agent) -> str:
    return agent.not_ready_reason or "ready"
