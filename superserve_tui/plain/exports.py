"""`/export`: a transcript to a file.

May import: exporting, domain, the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from superserve_tui.domain import ExportFormat, SecretKind, Session, Turn

__all__ = ["export_to_file"]

_FLAGS = ("--mask", "--no-tools", "--overwrite")


def export_to_file(session: Session, turns: Sequence[Turn], rest: str, *, folder: Path) -> list[str]:
    """Write the transcript as `rest` says (`FORMAT [FILE]` and flags); returns what there is to tell.

    Args:
        session: The session.
        turns: All its turns.
        rest: What was typed after the command.
        folder: Where a file goes whose path is relative.
    """
    from superserve_tui.exporting import export_place, export_transcript, save_export, secret_lines

    words, flags = _without_flags(rest)
    word, _, name = words.partition(" ")
    formats = [each.value for each in ExportFormat]
    if word not in formats:
        return [f"type /export and one of {', '.join(formats)}, then a file if you like"]
    made = export_transcript(
        session,
        turns,
        ExportFormat(word),
        with_tools="--no-tools" not in flags,
        mask=list(SecretKind) if "--mask" in flags else (),
    )
    path = export_place(made, name, folder=folder)
    try:
        save_export(made, path, is_sure="--overwrite" in flags)
    except FileExistsError:
        return [f"{path} is there already; {_usage(words, {*flags, '--overwrite'})} replaces it"]
    except OSError as error:
        return [f"nothing was written to {path}: {error.strerror or error}"]
    told = [f"wrote {path}, {len(made.content)} bytes"]
    told += [f"masked {line}" for line in secret_lines(made.masked)]
    told += [f"it holds {line}" for line in secret_lines(made.found)]
    if made.found:
        told.append(f"{_usage(words, {*flags, '--mask', '--overwrite'})} writes it without")
    return told


def _usage(words: str, flags: set[str]) -> str:
    return " ".join(["/export", words, *(flag for flag in _FLAGS if flag in flags)])


def _without_flags(rest: str) -> tuple[str, set[str]]:
    """What was typed before the flags at its end, and those: a file's name may have spaces in it."""
    words, flags = rest.strip(), set[str]()
    while (last := words.rpartition(" ")[2]) in _FLAGS:
        flags.add(last)
        words = words.removesuffix(last).rstrip()
    return words, flags
