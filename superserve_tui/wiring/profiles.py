"""Which servers there are and where their keys come from (CONTRACT 2).

May import: config, protocol, the client's token file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from superserve_tui.client.token_file import read_token
from superserve_tui.config import HOSTED_PROFILE, HOSTED_URL, LOCAL_PROFILE, Config, Paths
from superserve_tui.protocol import CredentialError
from superserve_tui.protocol.records import dataclass

__all__ = ["Profile", "find_profiles"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A server that sessions can live on."""

    name: str
    base_url: str | None = None
    """Its address; None for the embedded server, which has a new one at each start."""
    key_variable: str | None = None
    """The environment variable that holds its key."""
    auth_file: Path | None = None
    """The token file that holds its key where no variable does."""
    allow_insecure: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is the embedded server."""
        return self.base_url is None

    def key_source(self, environ: Mapping[str, str]) -> str:
        """Where its key comes from as of now, for words about it; empty where it has none of the person's."""
        if self.is_local:
            return ""
        if self.key_variable and environ.get(self.key_variable):
            return self.key_variable
        return "" if self.auth_file is None else str(self.auth_file)

    def key(self, environ: Mapping[str, str]) -> str:
        """Its key as of now.

        Raises:
            CredentialError: there is none; says where it was looked for, and what to do where no login gives one.
        """
        if self.key_variable and environ.get(self.key_variable):
            return environ[self.key_variable]
        if self.auth_file is not None and (stored := read_token(self.auth_file)) is not None:
            return stored.token
        if self.auth_file is not None:
            raise CredentialError(f"no key: {self.key_variable} is not set and {self.auth_file} has none")
        if self.key_variable:
            hint = f"Set {self.key_variable} to the key of {self.name}."
            raise CredentialError(f"no key: {self.key_variable} is not set", hint=hint)
        hint = f"Name its variable: `superserve-tui config set profiles.{self.name}.api_key_env VARIABLE`."
        raise CredentialError("no key: the profile names no variable that holds it", hint=hint)


def find_profiles(config: Config, paths: Paths, environ: Mapping[str, str]) -> tuple[Profile, ...]:
    """All profiles, the default one first."""
    profiles = {LOCAL_PROFILE: Profile(LOCAL_PROFILE)}
    for name, each in config.profiles.items():
        profiles[name] = Profile(name, each.base_url, each.api_key_env, allow_insecure=each.allow_insecure)
    configured = config.profiles.get(HOSTED_PROFILE)
    variable = "SUPERSERVE_API_KEY"
    if configured is not None and not environ.get(variable) and configured.api_key_env:
        variable = configured.api_key_env
    hosted = Profile(
        HOSTED_PROFILE,
        environ.get("SUPERSERVE_API_URL") or (configured.base_url if configured else HOSTED_URL),
        variable,
        paths.auth_file,
        allow_insecure=bool(configured and configured.allow_insecure),
    )
    has_own_key = bool(environ.get(variable))
    if has_own_key or configured is not None or read_token(paths.auth_file) is not None:
        profiles[HOSTED_PROFILE] = hosted
    default = config.default_profile
    if default not in profiles:
        default = HOSTED_PROFILE if has_own_key else LOCAL_PROFILE
    return tuple(sorted(profiles.values(), key=lambda profile: profile.name != default))
