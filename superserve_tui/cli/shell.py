"""What a command has at hand: the environment, the console, the person's files, the store, the servers.

Nothing is opened before it is asked for.

May import: wiring, store, config, domain, protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from superserve_tui.cli.console import Console
from superserve_tui.cli.failures import WRONG_USAGE, Failure
from superserve_tui.config import LoadedConfig, Paths, load, make_private_folder
from superserve_tui.domain import ServerSession, Session, SessionState, clean_line
from superserve_tui.protocol import short_id

if TYPE_CHECKING:
    from superserve_tui.store import Store
    from superserve_tui.wiring import Profile, ServerBackends

__all__ = ["Shell"]


@dataclass(eq=False)
class Shell:
    """One command's surroundings."""

    environ: Mapping[str, str]
    console: Console

    @cached_property
    def paths(self) -> Paths:
        """The person's files."""
        return Paths.from_environment(self.environ)

    @cached_property
    def loaded(self) -> LoadedConfig:
        """The config file, as far as it could be read."""
        return load(self.paths.config_file)

    def tell_notices(self) -> None:
        """Name what is wrong in the config file, on standard error."""
        for notice in self.loaded.notices:
            self.console.note(str(notice))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The saved sessions; written and closed when the block is left."""
        from superserve_tui.store import Store, StoreError

        def on_problem(what: str, hint: str) -> None:
            self.console.note(what)
            self.console.note(hint)

        store = Store(self.paths.database, on_problem=on_problem)
        try:
            store.start().result()
            yield store
        except StoreError as error:
            raise Failure(
                str(error), "Update superserve-tui, or set SUPERSERVE_TUI_DATA to another folder."
            ) from error
        finally:
            store.close(5.0)

    def trust_project(self) -> tuple[str, ...]:
        """The person says yes (`--trust`) to the project of the folder that the command was opened in.

        It is remembered where that can be; returns its trust key.

        Raises:
            Failure: there is no project, or its file can't be used.
        """
        from superserve_tui.server.agents.project import PROJECT_FILE, ProjectError, find_project
        from superserve_tui.wiring.trust import TrustedFolder

        try:
            project = find_project(Path.cwd())
        except ProjectError as error:
            raise Failure(f"{error}.", "Mend that file, or leave --trust out.", status=WRONG_USAGE) from error
        if project is None:
            hint = "--trust says yes to the agent of such a file; leave it out."
            raise Failure(f"There is no {PROJECT_FILE} in {Path.cwd()}.", hint, status=WRONG_USAGE)
        try:
            TrustedFolder(self.paths).add(project)
        except OSError as error:
            reason = error.strerror or str(error)
            self.console.note(f"{project.name} is trusted for this run; it can't be remembered: {reason}.")
        return (project.trust_key,)

    @contextmanager
    def backends(self, *, scripts: Sequence[Path] = (), trusted: Sequence[str] = ()) -> Iterator[ServerBackends]:
        """The servers; an embedded one that was started is ended when the block is left, unless it is kept."""
        from superserve_tui.wiring import ServerBackends

        with suppress(OSError):  # a folder that can't be made is told by whoever writes to it
            make_private_folder(self.paths.data_dir)
        backends = ServerBackends(
            self.loaded.config, self.paths, scripts=scripts, environ=self.environ, trusted=trusted
        )
        backends.start()
        try:
            yield backends
        finally:
            backends.stop()

    def profile(self, backends: ServerBackends, name: str | None) -> Profile:
        """The profile of that name, the default one for None.

        Raises:
            Failure: there is none.
        """
        if name is None:
            return backends.profiles[0]
        for profile in backends.profiles:
            if profile.name == name:
                return profile
        known = ", ".join(profile.name for profile in backends.profiles)
        hint = (
            f"There {'are' if len(backends.profiles) > 1 else 'is'}: {known}. `superserve` is there once a key is."
        )
        raise Failure(f"There is no profile {name}.", hint, status=WRONG_USAGE)

    def key_source(self, backends: ServerBackends, name: str) -> str | None:
        """Where a profile's key comes from; None where it has none, or is not there."""
        profile = next((each for each in backends.profiles if each.name == name), None)
        return None if profile is None else profile.key_source(self.environ) or None

    def find(self, store: Store, name: str) -> Session:
        """The saved session with that id: local, on a server, or a prefix of either.

        Raises:
            Failure: there is none, or more than one.
        """
        match store.find(name).result():
            case (session,):
                return session
            case ():
                raise Failure(
                    f"No saved session has an id that begins with {clean_line(name, limit=60)}.",
                    "`superserve-tui sessions list` shows them.",
                )
            case several:
                ids = ", ".join(short_id(session.id) for session in several[:5])
                more = f" and {len(several) - 5} more" if len(several) > 5 else ""
                raise Failure(
                    f"{clean_line(name, limit=60)} fits {len(several)} sessions: {ids}{more}.",
                    "Type more of the id.",
                )

    def true_states(self, store: Store, backends: ServerBackends, sessions: Sequence[Session]) -> list[Session]:
        """The sessions as they are: after a crash nothing counts as running that does not run."""
        if not any(session.state.is_busy for session in sessions):
            return list(sessions)
        entries = {entry.server_id: entry for entry in store.live_server_sessions().result()}
        return [self._true_state(session, entries, backends) for session in sessions]

    def _true_state(
        self, session: Session, entries: Mapping[str, ServerSession], backends: ServerBackends
    ) -> Session:
        if not session.state.is_busy:
            return session
        entry = entries.get(session.server_id or "")
        if entry is not None and backends.is_alive(entry.owner):
            return session
        return replace(session, state=SessionState.INTERRUPTED)
