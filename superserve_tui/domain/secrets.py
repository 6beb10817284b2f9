"""What should perhaps not leave with a transcript: keys, tokens, passwords, mail addresses, home folders.

It finds by shape, so it finds too much rather than too little, and never all: a check, not a guarantee. Masks stand
for the same text everywhere within one file; all other text stays as it is, byte for byte.

No part of the package's index: its patterns take 12 ms to compile, and only exports need them.

May import: protocol, the modules of domain, the standard library.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from superserve_tui.domain.secret_kinds import SecretCount, SecretKind
from superserve_tui.domain.session import Session
from superserve_tui.domain.transcript import Turn
from superserve_tui.protocol.records import dataclass

__all__ = ["Found", "Masker", "count_secrets", "find_secrets", "mask_transcript"]


_WINDOW, _OVERLAP = 131_072, 32_768
"""Characters that one look goes through, so that no thread waits for it longer than a frame, and those beyond them
that a place may reach into: more than the longest that a pattern can be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text."""

    kind: SecretKind
    start: int
    end: int


# Every pattern begins where no character of its own kind stands before, and its parts are bounded, so that a long
# word costs one look, not one per letter.
_KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?P<value>"
    r"sk-[A-Za-z0-9_-]{16,512}"  # OpenAI, Anthropic and kin
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,256}"  # Stripe
    r"|ss_(?=[A-Za-z_-]{0,64}[0-9]|[A-Za-z0-9]{16})[A-Za-z0-9_-]{12,512}"  # Superserve
    r"|gh[pousr]_[A-Za-z0-9]{20,512}|github_pat_[A-Za-z0-9_]{20,512}|glpat-[A-Za-z0-9_-]{16,256}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,512}|xapp-[A-Za-z0-9-]{10,512}"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,512}"
    r"|hf_[A-Za-z0-9]{20,256}|npm_[A-Za-z0-9]{30,256}|pypi-[A-Za-z0-9_-]{40,512}"
    r"|SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}"
    r")"
)
_JWT = re.compile(
    r"(?<![A-Za-z0-9_-])(?P<value>eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,16384}\.[A-Za-z0-9_-]{0,4096})"
)
_AUTHORIZATION = re.compile(
    r"(?i)(?<![a-z0-9])(?:"
    r"(?:proxy-)?authorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?(?:(?:bearer|basic|token|apikey|digest)\s{1,4})?"
    r"(?P<value>[^\s\"'\\,;<>\[\]{}()$]{6,8192})"
    r"|bearer\s{1,4}(?P<bearer>[a-z0-9._~+/-]{16,8192}=*)"
    r")"
)
_NAME = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|api[_-]?key|apikey|access[_-]?key(?:[_-]?id)?|private[_-]?key"
    r"|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|token|credentials?)"
)
_ASSIGNED = re.compile(
    r"(?i)(?<![a-z0-9_.-])(?:[a-z0-9.]{1,40}[_-]){0,4}"
    + _NAME
    + r"\\?[\"']?(?P<space>\s{0,4})(?P<sign>:|=)[ \t]{0,4}"
    r"(?:\\?(?P<quote>[\"'])(?P<quoted>[^\"'\\\n]{1,1024})\\?(?P=quote)|(?P<bare>[^\s\"'\\,;<>\[\]{}()$`*#&|]{4,1024}))"
)
_SECRET_NAME = re.compile(r"(?i)(?<![a-z])" + _NAME + r"\Z")
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:\"']{0,128}:(?P<value>[^\s/@\"'\[\]{}$<>]{1,256})@")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?!git@)(?P<value>[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@"
    r"(?:[A-Za-z0-9-]{1,63}\.){1,8}(?!(?:png|jpe?g|gif|svg|webp|css|js)(?![A-Za-z0-9]))[A-Za-z]{2,24})(?![A-Za-z0-9-])"
)
_HOME = re.compile(
    r"(?<![\w.~-])(?P<value>(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?<![.]))"
)
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(
    r"(?:(?:\s|\\[nr]){1,4}(?:[A-Za-z-]{1,40}: [^\n]{0,200}|[A-Za-z0-9+/=]{1,200})"
    r"(?=[ \t]{0,4}(?:[\r\n]|\\[nr]|\Z)))*"
)

_HARMLESS = frozenset(
    [
        "none",
        "null",
        "nil",
        "true",
        "false",
        "undefined",
        "str",
        "string",
        "int",
        "bool",
        "bytes",
        "bearer",
        "basic",
        "digest",
        "apikey",
        "required",
        "optional",
        "changeme",
        "example",
        "redacted",
        "hidden",
        "secret",
        "password",
        "token",
        "your_api_key",
        "your-api-key",
    ]
)
_PATH_OF_NAMES = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_PLACEHOLDER = re.compile(r"[\[<{$%(*]|\.{2,}\Z|x+\Z|X+\Z|\*+\Z|…")


def find_secrets(text: str) -> list[Found]:
    """All places, in order, none within another: the more certain kind has a place."""
    taken: list[tuple[int, int, SecretKind]] = []
    for kind, look in _LOOKS:
        for start, end in look(text):
            place = bisect_left(taken, (start, end, kind))
            is_after = place == 0 or taken[place - 1][1] <= start
            is_before = place == len(taken) or end <= taken[place][0]
            if start < end and is_after and is_before:
                taken.insert(place, (start, end, kind))
    return [Found(kind, start, end) for start, end, kind in taken]


class Masker:
    """Puts masks such as `[email-1]` where a secret stood; the same one for the same text.

    Args:
        kinds: What to mask; the rest stays.
    """

    def __init__(self, kinds: Iterable[SecretKind]) -> None:
        self._kinds = frozenset(kinds)
        self._values: dict[SecretKind, dict[str, int]] = {}
        """The number of each value."""
        self._places: dict[SecretKind, int] = {}

    def mask(self, text: str) -> str:
        """`text` with masks."""
        return self._masked(text, find_secrets(text))

    def mask_json(self, value: Any, *, name: str = "") -> Any:
        """A JSON value with masks in its texts; one under a name such as `password` is masked whole."""
        match value:
            case str():
                found = find_secrets(value)
                if not found and _SECRET_NAME.search(name) and not _is_harmless(value):
                    found = [Found(SecretKind.PASSWORD, 0, len(value))]
                return self._masked(value, found)
            case dict():
                return {self.mask(key): self.mask_json(child, name=key) for key, child in value.items()}
            case list():
                return [self.mask_json(child, name=name) for child in value]
            case _:
                return value

    def counts(self) -> tuple[SecretCount, ...]:
        """What was found so far, of the kinds that are masked."""
        return tuple(
            SecretCount(kind, self._places[kind], len(self._values[kind]))
            for kind in SecretKind
            if kind in self._places
        )

    def _masked(self, text: str, found: Sequence[Found]) -> str:
        pieces, done = [], 0
        for each in found:
            if each.kind not in self._kinds:
                continue
            values = self._values.setdefault(each.kind, {})
            number = values.setdefault(text[each.start : each.end], len(values) + 1)
            self._places[each.kind] = self._places.get(each.kind, 0) + 1
            pieces += [text[done : each.start], f"[{each.kind.value}-{number}]"]
            done = each.end
        return "".join([*pieces, text[done:]]) if pieces else text


def mask_transcript(session: Session, turns: Sequence[Turn], masker: Masker) -> tuple[Session, tuple[Turn, ...]]:
    """A session and its turns, with masks in everything that an export holds."""

    def line(text: str | None) -> str | None:
        return None if text is None else masker.mask(text)

    masked = tuple(
        replace(
            turn,
            prompt=masker.mask(turn.prompt),
            text=masker.mask(turn.text),
            error=line(turn.error),
            max_turns_message=line(turn.max_turns_message),
            calls=tuple(
                replace(call, name=masker.mask(call.name), input=masker.mask_json(call.input))
                for call in turn.calls
            ),
        )
        for turn in turns
    )
    return replace(session, title=line(session.title)), masked


def count_secrets(session: Session, turns: Sequence[Turn]) -> tuple[SecretCount, ...]:
    """How much of each kind an export would hold."""
    masker = Masker(SecretKind)
    mask_transcript(session, turns, masker)
    return masker.counts()


# -- how each kind is found


def _by(pattern: re.Pattern[str]) -> Callable[[str], Iterator[tuple[int, int]]]:
    def look(text: str) -> Iterator[tuple[int, int]]:
        return (found.span("value") for found in _matches(pattern, text))

    return look


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """What `finditer` gives, a window at a time."""
    begin = 0
    while begin < len(text):
        end = begin + _WINDOW
        for found in pattern.finditer(text, begin, end + _OVERLAP):
            if found.start() >= end:
                break
            yield found
            end = max(end, found.end())
        begin = end


def _authorizations(text: str) -> Iterator[tuple[int, int]]:
    for found in _matches(_AUTHORIZATION, text):
        group = "value" if found["value"] is not None else "bearer"
        if not _is_harmless(found[group]):
            yield found.span(group)


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    """From armour to armour; of one that was cut off, what looks like its body."""
    place, has_ends = 0, True
    while begin := _KEY_BEGIN.search(text, place):
        end = _KEY_END.search(text, begin.end()) if has_ends else None
        has_ends = end is not None
        if end is None:
            body = _KEY_BODY.match(text, begin.end())
            place = body.end() if body else begin.end()
        else:
            place = end.end()
        yield begin.start(), place


def _assigned(text: str) -> Iterator[tuple[int, int]]:
    for found in _matches(_ASSIGNED, text):
        value = found["quoted"] or found["bare"]
        if _is_harmless(value):
            continue
        if found["quoted"] is not None:
            yield found.span("quoted")
        elif not _is_code(value, found):
            yield found.span("bare")


def _is_harmless(value: str) -> bool:
    """Whether it is plainly no secret: a type, a placeholder, a mask of ours."""
    return len(value) < 3 or value.casefold() in _HARMLESS or _PLACEHOLDER.match(value) is not None


def _is_code(value: str, found: re.Match[str]) -> bool:
    """Whether a value without quotes is rather a name in a program, or a word of a sentence."""
    if _PATH_OF_NAMES.match(value):
        return True
    has_digit = any(sign.isdigit() for sign in value)
    is_tight = found["sign"] == "=" and not found["space"] and found.start("bare") == found.end("sign")
    follows = found.string[found.end() : found.end() + 1]
    return follows == "(" or not (has_digit or (is_tight and follows not in (",", ")")))


_LOOKS: tuple[tuple[SecretKind, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    (SecretKind.PRIVATE_KEY, _private_keys),
    (SecretKind.AUTHORIZATION, _authorizations),
    (SecretKind.KEY, _by(_KEY)),
    (SecretKind.JWT, _by(_JWT)),
    (SecretKind.PASSWORD, _assigned),
    (SecretKind.PASSWORD, _by(_IN_ADDRESS)),
    (SecretKind.EMAIL, _by(_EMAIL)),
    (SecretKind.HOME, _by(_HOME)),
)
