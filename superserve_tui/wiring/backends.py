"""Where the servers are: hosted ones by profile, and the embedded one, started when it is first needed.

May import: client, server.process, engine, config, protocol.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from superserve_tui.config import Config, Paths
from superserve_tui.protocol import Agent, NotFoundError, SuperserveError
from superserve_tui.server.address import ServerAddress, find_running
from superserve_tui.server.agents.naming import agent_names
from superserve_tui.server.options import ServerOptions
from superserve_tui.server.process import EmbeddedServer
from superserve_tui.wiring.instance import Instance
from superserve_tui.wiring.profiles import Profile, find_profiles
from superserve_tui.wiring.trust import TrustedFolder, shown_project

if TYPE_CHECKING:
    from superserve_tui.client import Client
    from superserve_tui.wiring.service import ClientService

__all__ = ["ServerBackends"]


class ServerBackends:
    """The engine's `Backends`. Every method is safe from any thread; `client` and `service` may block.

    Args:
        config: What the person set.
        paths: The person's files.
        folder: Where the command was opened: agents work here.
        scripts: Programs named on the command line.
        environ: The environment.
        trusted: Trust keys that the person has said yes to, besides those that are remembered.
        paced: Read streams once per frame: for the app, not for a pipe.
    """

    def __init__(
        self,
        config: Config,
        paths: Paths,
        *,
        folder: Path | None = None,
        scripts: Sequence[Path] = (),
        environ: Mapping[str, str] = os.environ,
        trusted: Sequence[str] = (),
        paced: bool = False,
    ) -> None:
        self.profiles = find_profiles(config, paths, environ)
        """All profiles, the default one first."""
        self._config, self._paths, self._environ = config, paths, environ
        self._folder = folder or Path.cwd()
        self._scripts = tuple(scripts)
        self._trusted = tuple(trusted)
        self._remembered = TrustedFolder(paths)
        self._paced = paced
        self._instance = Instance(paths.data_dir / "instances")
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._server: EmbeddedServer | None = None
        self._address: ServerAddress | None = None
        self._clients: dict[tuple[str, str], Client] = {}
        """By address and key: after a login a new key is in force."""
        self._is_closed = False

    def start(self) -> None:
        """Let other instances know that this one runs."""
        self._instance.start()

    @property
    def owner(self) -> str:
        """The id of this app instance, for the ledger."""
        return self._instance.id

    def is_alive(self, owner: str) -> bool:
        """Whether that app instance runs now."""
        return self._instance.is_alive(owner)

    def profile(self, name: str) -> Profile:
        """The profile of that name.

        Raises:
            SuperserveError: there is none; says which there are.
        """
        for each in self.profiles:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.profiles)
        raise SuperserveError(f"there is no profile {name} any more; there are: {known}")

    def script_agents(self) -> list[str]:
        """What the programs named on the command line are called as agents, in their order."""
        return agent_names(self._server_options())[1]

    def client(self, profile: str, server_url: str | None = None) -> Client:
        """The client of a profile's server; an embedded server is started where none is named.

        Raises:
            NotFoundError: the embedded server at `server_url` is gone.
            SuperserveError: there is no such profile, no key for it, or its server can't be started.
        """
        found = self.profile(profile)
        if found.base_url is None:
            address = self._embedded(server_url)
            return self._client(address.url, address.token, found)
        return self._client(found.base_url, found.key(self._environ), found)

    def service(self, profile: str, server_url: str | None = None) -> ClientService:
        """`client`, as the engine wants it."""
        from superserve_tui.wiring.service import ClientService

        return ClientService(self.client(profile, server_url))

    def trust(self, profile: str, agent: Agent) -> str:
        """The person has seen what `agent` would run and said yes: it is remembered, and the server starts it.

        Returns:
            What the person should know of it: that it can't be remembered, and why; else nothing.

        Raises:
            SuperserveError: it is not the project of this folder, or would run something else by now.
        """
        if not self.profile(profile).is_local:
            raise SuperserveError(f"{agent.name} is not on this machine: there is nothing to trust")
        project = shown_project(self._folder, agent)
        with self._lock:
            self._trusted += (project.trust_key,)
            if self._server is not None:
                self._server.trust(project.trust_key)
        try:
            self._remembered.add(project)
        except OSError as error:
            return f"{agent.name} is trusted for this run; it can't be remembered: {error.strerror or error}"
        return ""

    def find_files(self, profile: str, agent: str, server_url: str | None = None) -> tuple[str, ...]:
        """The files below the folder that the command was opened in, where that agent works there; else none.

        Args:
            profile: Where the agent is.
            agent: Its name.
            server_url: The server that the session lives on; an embedded one that is not ours works elsewhere.
        """
        from superserve_tui.server.agents.workplace import files_below, workplace

        with self._lock:
            ours = self._address.url if self._address is not None else None
        if not self.profile(profile).is_local or server_url not in (None, ours):
            return ()
        folder = workplace(self._server_options(), agent)
        if folder is None or folder.resolve() != self._folder.resolve():
            return ()
        return files_below(self._folder)

    def keep(self) -> None:
        """Sessions are left running: the embedded server must outlive us."""
        with self._lock:
            if self._server is not None:
                self._server.keep()

    def stop(self, deadline_s: float = 3.0) -> None:
        """Close the clients, end the embedded server, be gone for other instances."""
        with self._lock:
            self._is_closed = True
            clients, self._clients = list(self._clients.values()), {}
            server, self._server = self._server, None
        for client in clients:
            client.close()
        if server is not None:
            server.stop(deadline_s)
        self._instance.stop()

    def _client(self, url: str, key: str, profile: Profile) -> Client:
        from superserve_tui.client import Client

        with self._lock:
            client = self._clients.get((url, key))
            if client is None:
                client = Client(
                    key,
                    url,
                    key_source=profile.key_source(self._environ),
                    allow_insecure=profile.allow_insecure,
                    paced=self._paced,
                    silence_timeout=float(self._config.silence_timeout),
                )
                self._clients[url, key] = client
            return client

    def _embedded(self, server_url: str | None) -> ServerAddress:
        """The embedded server that a session remembers, or ours."""
        with self._lock:
            address = self._address if self._server is not None and self._server.poll() is None else None
        if server_url is not None:
            if address is not None and address.url == server_url:
                return address
            for other in find_running(self._paths.servers_dir):
                if other.url == server_url:
                    return other
            raise NotFoundError("the server that ran this session has ended")
        return address or self._start_server()

    def _start_server(self) -> ServerAddress:
        with self._starting:
            with self._lock:
                if self._is_closed:
                    raise NotFoundError("the app is closing")
                if self._address is not None and self._server is not None and self._server.poll() is None:
                    return self._address
            server = EmbeddedServer()
            address = server.start(self._server_options())
            if not self._adopt(server, address):
                server.stop()
                raise NotFoundError("the app is closing")
            return address

    def _adopt(self, server: EmbeddedServer, address: ServerAddress) -> bool:
        """Make a started server ours, unless the app has been closed meanwhile."""
        with self._lock:
            if self._is_closed:
                return False
            self._server, self._address = server, address
            for key in self._trusted:  # those that came while it started
                server.trust(key)
            return True

    def _server_options(self) -> ServerOptions:
        return ServerOptions(
            folder=self._folder,
            agents=tuple(self._config.agents.values()),
            scripts=self._scripts,
            trusted_projects=tuple({*self._trusted, *self._remembered.keys()}),
            servers_dir=self._paths.servers_dir,
        )
