"""Logging in from inside the app: the SDK's device flow as the UI wants it.

May import: client, config, protocol, the UI's `login` port, the modules of wiring.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from superserve_tui.config import Config, Paths
from superserve_tui.protocol import AuthenticationError
from superserve_tui.ui.login import LoginCode
from superserve_tui.wiring.profiles import Profile, find_profiles

if TYPE_CHECKING:
    from superserve_tui.client import DeviceCode, DeviceLogin

__all__ = ["DeviceFlow", "login_flow"]


def login_flow(name: str, *, config: Config, paths: Paths, environ: Mapping[str, str]) -> DeviceFlow | None:
    """The login for a profile; None where it would not help: its key comes from a variable, or it needs none."""
    profile = next((each for each in find_profiles(config, paths, environ) if each.name == name), None)
    if profile is None or profile.base_url is None or profile.auth_file is None:
        return None
    if profile.key_variable and environ.get(profile.key_variable):
        return None
    return DeviceFlow(profile, profile.auth_file)


class DeviceFlow:
    """A `LoginFlow` for one profile; the key goes into the file that the vendor's tools share."""

    def __init__(self, profile: Profile, auth_file: Path) -> None:
        self._profile, self._auth_file = profile, auth_file
        self._lock = threading.Lock()
        self._login: DeviceLogin | None = None
        self._code: DeviceCode | None = None
        self._is_busy = False
        self._stopped = threading.Event()

    def start(self) -> LoginCode:
        """Ask for a code."""
        with self._at_work() as login:
            self._code = login.start()
        return LoginCode(self._code.verification_uri, self._code.user_code)

    def wait(self) -> str:
        """Wait for the token and save it."""
        from superserve_tui.client import write_token

        assert self._code is not None
        with self._at_work() as login:
            write_token(login.wait_for_token(self._code), self._auth_file)
        self.stop()
        return f"Logged in. The key is in {self._auth_file}."

    def stop(self) -> None:
        """Give up; whoever is the last to use the connections closes them."""
        with self._lock:
            self._stopped.set()
            if self._login is not None and self._is_busy:
                self._login.stop()
            elif self._login is not None:
                self._login.close()
                self._login = None

    @contextmanager
    def _at_work(self) -> Iterator[DeviceLogin]:
        from superserve_tui.client import DeviceLogin

        with self._lock:
            if self._stopped.is_set():
                raise AuthenticationError("the login was stopped")
            if self._login is None:
                url, is_insecure = self._profile.base_url, self._profile.allow_insecure
                self._login = DeviceLogin(url, allow_insecure=is_insecure)
            login, self._is_busy = self._login, True
        try:
            yield login
        finally:
            with self._lock:
                self._is_busy = False
                if self._stopped.is_set():
                    login.close()
                    self._login = None
