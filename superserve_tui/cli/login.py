"""`superserve-tui login`, `logout`, `whoami`: the key for the hosted service.

May import: click, client, config, the modules of cli, the standard library.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from superserve_tui.cli.failures import WRONG_USAGE, Failure, failure_of
from superserve_tui.cli.shell import Shell
from superserve_tui.config import HOSTED_PROFILE, HOSTED_URL
from superserve_tui.protocol import APIError, AuthenticationError, NotFoundError, SuperserveError

if TYPE_CHECKING:
    from superserve_tui.client import StoredToken

__all__ = ["login", "logout", "whoami"]

_MAX_KEY_BYTES = 64 * 1024


@click.command()
@click.option("--api-key-stdin", "is_from_stdin", is_flag=True, help="Take a key from standard input instead.")
@click.option("--no-browser", is_flag=True, help="Only print the address; open nothing.")
@click.pass_obj
def login(shell: Shell, *, is_from_stdin: bool, no_browser: bool) -> None:
    """Log in to the hosted service.

    Shows an address and a code; type the code there and come back. The key is saved in ~/.superserve/auth.json,
    which the vendor's own tools share.

    \b
    Example:
      superserve-tui login --api-key-stdin < key.txt
    """
    from superserve_tui.client import StoredToken, write_token

    token = StoredToken(_read_key(shell)) if is_from_stdin else _ask_for_token(shell, no_browser=no_browser)
    try:
        write_token(token, shell.paths.auth_file)
    except OSError as error:
        hint = "Check the folder's permissions and the free space."
        raise Failure(f"{shell.paths.auth_file} can't be written: {error.strerror}.", hint) from None
    shell.console.line(f"Logged in. The key is in {shell.paths.auth_file}.")
    if shell.environ.get("SUPERSERVE_API_KEY"):
        shell.console.note("SUPERSERVE_API_KEY is set and wins over it.")


@click.command()
@click.pass_obj
def logout(shell: Shell) -> None:
    """Forget the key in ~/.superserve/auth.json."""
    from superserve_tui.client import delete_token

    try:
        was_there = delete_token(shell.paths.auth_file)
    except OSError as error:
        hint = "Check the folder's permissions."
        raise Failure(f"{shell.paths.auth_file} can't be removed: {error.strerror}.", hint) from None
    shell.console.line("Logged out." if was_there else "There was no key to forget.")
    if shell.environ.get("SUPERSERVE_API_KEY"):
        shell.console.note("SUPERSERVE_API_KEY is set and still counts; unset it to be logged out.")


@click.command(short_help="Show whose key is used for the hosted service.")
@click.pass_obj
def whoami(shell: Shell) -> None:
    """Show whose key is used for the hosted service, and where it comes from."""
    with shell.backends() as backends:
        if not any(profile.name == HOSTED_PROFILE for profile in backends.profiles):
            raise Failure(
                "Not logged in: there is no key.", "Run `superserve-tui login`, or set SUPERSERVE_API_KEY."
            )
        source = shell.key_source(backends, HOSTED_PROFILE)
        try:
            client = backends.client(HOSTED_PROFILE)
            user = client.me()
        except SuperserveError as error:
            raise failure_of(error, key_source=source) from error
        name = user.email or user.id
        if user.full_name:
            name = f"{user.full_name} <{name}>"
        shell.console.line(f"{name} at {client.base_url}, with the key from {source}")


def _service(shell: Shell) -> tuple[str, bool]:
    """The hosted service's address, and whether plain http to it is allowed."""
    configured = shell.loaded.config.profiles.get(HOSTED_PROFILE)
    url = shell.environ.get("SUPERSERVE_API_URL") or (configured.base_url if configured else HOSTED_URL)
    return url, bool(configured and configured.allow_insecure)


def _read_key(shell: Shell) -> str:
    """The key on standard input, if the service takes it."""
    if sys.stdin is None or sys.stdin.isatty():
        hint = "Use `superserve-tui login --api-key-stdin < FILE`: a key typed here would be seen."
        raise Failure("Standard input is a terminal.", hint, status=WRONG_USAGE)
    from superserve_tui.client import Client, check_key

    key = check_key(
        sys.stdin.buffer.read(_MAX_KEY_BYTES).decode("utf-8", "replace").strip(), source="standard input"
    )
    url, allow_insecure = _service(shell)
    with Client(key, url, allow_insecure=allow_insecure) as client:
        try:
            is_valid = client.validate()
        except NotFoundError:
            shell.console.note(f"{client.base_url} has no way to check a key; it is saved as it is.")
            return key
        except AuthenticationError:
            is_valid = False
    if not is_valid:
        raise Failure("The service does not accept this key; nothing was saved.", "Copy the key again, whole.")
    return key


def _ask_for_token(shell: Shell, *, no_browser: bool) -> StoredToken:
    """The device flow: the person types a code elsewhere."""
    from superserve_tui.client import DeviceLogin

    url, allow_insecure = _service(shell)
    with DeviceLogin(url, allow_insecure=allow_insecure) as flow:
        try:
            code = flow.start()
        except NotFoundError as error:
            hint = "Use `superserve-tui login --api-key-stdin` with a key from its web site."
            raise Failure(f"{url} offers no login by code.", hint) from error
        shell.console.line(f"Open   {code.verification_uri}")
        shell.console.line(f"Code   {code.user_code}")
        address = code.verification_uri_complete or code.verification_uri
        if not no_browser and _open_browser(shell, address):
            shell.console.line("Your browser shows it.")
        shell.console.note("Waiting for you to confirm there; ctrl+c gives up.")
        try:
            return flow.wait_for_token(code)
        except APIError as error:
            raise Failure(f"Not logged in: {error}", "Run `superserve-tui login` again.") from error


def _open_browser(shell: Shell, address: str) -> bool:
    """Show an http or https address in the desktop's browser, where there is a desktop here."""
    is_remote = shell.environ.get("SSH_CONNECTION")
    has_display = (
        any(shell.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) or sys.platform == "darwin"
    )
    if is_remote or not has_display or not shell.console.is_terminal:
        return False
    import webbrowser

    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
