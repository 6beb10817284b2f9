"""What was found in an export, in words, and which kinds a person asks to mask.

May import: domain, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable

from superserve_tui.domain import SecretCount, SecretKind

__all__ = ["mask_kinds", "secret_lines"]


def mask_kinds(words: Iterable[str]) -> frozenset[SecretKind]:
    """The kinds with these names; `all` is every one.

    Raises:
        ValueError: one is not known.
    """
    kinds: set[SecretKind] = set()
    for word in words:
        kinds |= set(SecretKind) if word == "all" else {SecretKind(word)}
    return frozenset(kinds)


def secret_lines(found: Iterable[SecretCount]) -> list[str]:
    """A line for each kind, with the word that masks it: `mail address (email): 3 places, 2 different`."""
    return [
        f"{each.kind.noun} ({each.kind.value}): {each.places} {'place' if each.places == 1 else 'places'}"
        + (f", {each.values} different" if each.places > 1 else "")
        for each in found
    ]
