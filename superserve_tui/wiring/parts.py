"""What every front end stands on, put together, started, and taken apart again in the order that loses nothing.

May import: store, engine, config, domain, the modules of wiring, the standard library.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from superserve_tui.config import LOCAL_PROFILE, LoadedConfig, Paths, load
from superserve_tui.domain import Problem
from superserve_tui.engine import Engine
from superserve_tui.protocol import Agent, SuperserveError
from superserve_tui.protocol.records import dataclass
from superserve_tui.wiring.debug_log import open_debug_log
from superserve_tui.wiring.local_agents import agent_notices
from superserve_tui.wiring.profiles import find_profiles

if TYPE_CHECKING:
    from superserve_tui.store import Store
    from superserve_tui.wiring.backends import ServerBackends

__all__ = ["AppOptions", "Parts", "opened_parts"]

STORE_DEADLINE_S = 1.0
SERVER_DEADLINE_S = 2.0
QUIT_DEADLINE_S = 3.0


@dataclass(frozen=True, slots=True)
class AppOptions:
    """What the command line says."""

    script: Path | None = None
    """A program that is an agent, selected for the first session."""
    agent: str | None = None
    profile: str | None = None
    session: str | None = None
    is_continue: bool = False
    title: str | None = None
    idle_timeout_s: int | None = None
    is_kept: bool = False
    trusted: tuple[str, ...] = ()
    """Trust keys of projects that the command line says yes to."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a front end is given."""

    options: AppOptions
    paths: Paths
    loaded: LoadedConfig
    profiles: tuple[str, ...]
    """All profiles, the one for new sessions first."""
    engine: Engine
    """Not started yet: the front end starts it."""
    trust: Callable[[str, Agent], str]
    """The person said yes to what an agent of a profile would run; see `ServerBackends.trust`."""
    find_files: Callable[[str, str, str | None], tuple[str, ...]]
    """The files that an agent of a profile may be told of; see `ServerBackends.find_files`. Never raises."""

    @property
    def agent(self) -> str | None:
        """The agent that the command line names: by its name, or by its script."""
        if self.options.agent or self.options.script is None:
            return self.options.agent
        from superserve_tui.server.agents.naming import agent_names
        from superserve_tui.server.options import ServerOptions

        agents, scripts = tuple(self.loaded.config.agents.values()), (self.options.script,)
        return agent_names(ServerOptions(folder=Path(), agents=agents, scripts=scripts))[1][0]

    @property
    def idle_timeout_s(self) -> int:
        """Idle seconds for new sessions."""
        return self.options.idle_timeout_s or self.loaded.config.idle_timeout

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong in the config file, but for themes and keys, which are the app's."""
        odd = agent_notices(self.loaded, profiles=self.profiles, folder=Path.cwd(), script=self.agent)
        return tuple(map(str, (*self.loaded.notices, *odd)))


@contextmanager
def opened_parts(options: AppOptions, environ: Mapping[str, str], *, paced: bool) -> Iterator[Parts]:
    """Everything below a front end; the sessions are ended when the block is left, however that comes.

    Args:
        options: What the command line says.
        environ: The environment.
        paced: Read streams once per frame.
    """
    paths = Paths.from_environment(environ)
    open_debug_log(paths.log_file)
    loaded = load(paths.config_file)
    is_kept = options.is_kept or loaded.config.on_quit == "keep"
    below = _Below(options, paths, loaded, environ, paced=paced, report=lambda problem: engine.report(problem))
    engine = Engine(below.start, keep_sessions=is_kept)
    with ExitStack() as stack:  # left in reverse order: what was started is ended
        stack.callback(below.stop)
        stack.callback(engine.stop)
        stack.callback(engine.quit, timeout_s=QUIT_DEADLINE_S)
        # Registered last, so done first: a second signal must not cut the ending short.
        stack.callback(_ignore_signals)
        names = _profile_names(options, loaded, paths, environ)
        yield Parts(options, paths, loaded, names, engine, below.trust, below.find_files)


class _Below:
    """Store and backends: loaded and started on the engine's thread, ended by whoever ended the engine before.

    With SQLite and the embedded server's part they take 20 ms, which the first paint does not wait for.
    """

    def __init__(
        self,
        options: AppOptions,
        paths: Paths,
        loaded: LoadedConfig,
        environ: Mapping[str, str],
        *,
        paced: bool,
        report: Callable[[Problem], None],
    ) -> None:
        self._options, self._paths, self._config = options, paths, loaded.config
        self._environ, self._paced, self._report = environ, paced, report
        self._started = ExitStack()
        self._backends: ServerBackends | None = None

    def start(self) -> tuple[Store, ServerBackends]:
        """Put them together; on the engine's thread. From here on the garbage collector runs again."""
        from superserve_tui.store import Store
        from superserve_tui.wiring.backends import ServerBackends

        scripts = (self._options.script,) if self._options.script else ()
        backends = ServerBackends(
            self._config,
            self._paths,
            scripts=scripts,
            environ=self._environ,
            trusted=self._options.trusted,
            paced=self._paced,
        )
        self._backends = backends
        store = Store(self._paths.database, on_problem=lambda what, hint: self._report(Problem(what, hint)))
        self._started.callback(store.close, STORE_DEADLINE_S)
        store.start()
        self._started.callback(backends.stop, SERVER_DEADLINE_S)
        backends.start()
        gc.freeze()  # all that was loaded stays, and is looked through no more
        gc.enable()
        return store, backends

    def trust(self, profile: str, agent: Agent) -> str:
        """The person said yes; from any thread. An agent to say it of is known only once all this is started."""
        assert self._backends is not None
        return self._backends.trust(profile, agent)

    def find_files(self, profile: str, agent: str, server_url: str | None) -> tuple[str, ...]:
        """Files that can be named to an agent; from any thread. None where that can't be known."""
        try:
            return self._backends.find_files(profile, agent, server_url) if self._backends is not None else ()
        except (SuperserveError, OSError, RuntimeError):  # RuntimeError: a home folder that is not known
            return ()

    def stop(self) -> None:
        """End what was started."""
        self._started.close()


def _profile_names(
    options: AppOptions, loaded: LoadedConfig, paths: Paths, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """All profiles, the one for new sessions first: a script's is the embedded server."""
    names = [profile.name for profile in find_profiles(loaded.config, paths, environ)]
    first = LOCAL_PROFILE if options.script else options.profile
    return tuple(sorted(names, key=lambda name: name != first)) if first in names else tuple(names)


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        with suppress(ValueError, OSError):
            signal.signal(number, signal.SIG_IGN)
