"""An export goes to a file that its owner alone can read; what was there before goes only after a yes.

May import: config, domain, the modules of exporting, the standard library.
"""

from __future__ import annotations

import os
from errno import EEXIST, EINVAL, ENOENT
from pathlib import Path

from superserve_tui.config import write_private
from superserve_tui.domain import clean
from superserve_tui.exporting.export import Export

__all__ = ["export_place", "save_export"]


def export_place(made: Export, typed: str, *, folder: Path) -> Path:
    """The file that a person means: within `folder` unless it says where; in a folder under the export's own name.

    Args:
        made: The export.
        typed: A file, a folder, or nothing; `~` is the home folder.
        folder: Where the person is.
    """
    path = folder / os.path.expanduser(clean(typed).strip() or made.name)
    return path / made.name if path.is_dir() else path


def save_export(made: Export, path: Path, *, is_sure: bool = False) -> None:
    """Write the file, whole or not at all. Blocks.

    Args:
        made: The export.
        path: Where to; see `export_place`.
        is_sure: A file that is there is replaced.

    Raises:
        FileExistsError: it is there, and nobody is sure.
        OSError: it can't be written; `strerror` says why.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(path.parent))
    if path.exists():
        if not path.is_file():
            raise OSError(EINVAL, "that is no file", str(path))
        if not is_sure:
            raise FileExistsError(EEXIST, "it is there already", str(path))
    write_private(Path(os.path.realpath(path)), made.content)
