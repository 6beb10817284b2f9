"""This run of the app as others see it: a lock that dies with the process, however it dies.

May import: config, the standard library.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path

from superserve_tui.config import make_private_folder

__all__ = ["Instance"]


class Instance:
    """An id, and a locked file that says that its process lives.

    Args:
        folder: Where the instances of one store keep their files; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self.id = secrets.token_hex(8)
        self._folder = folder
        self._descriptor: int | None = None

    def start(self) -> None:
        """Take the lock. Without a folder that can be written to, nobody else can see this instance."""
        with suppress(OSError):
            make_private_folder(self._folder)
            descriptor = os.open(self._folder / f"{self.id}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._descriptor = descriptor

    def stop(self) -> None:
        """Let the lock go and remove the file."""
        if self._descriptor is not None:
            with suppress(OSError):
                (self._folder / f"{self.id}.lock").unlink()
            os.close(self._descriptor)
            self._descriptor = None

    def is_alive(self, instance_id: str) -> bool:
        """Whether that instance runs now; the file that a dead one left is removed."""
        if instance_id == self.id:
            return True
        path = self._folder / f"{Path(instance_id).name}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            with suppress(OSError):
                path.unlink()
            return False
        finally:
            os.close(descriptor)
