"""A small language for how people put things, and the pieces that questions are built from.

A phrase is a regular expression over the whole question, without regard to case, with these words in it:
`<t>` a target, `<what>` a text, `<where>` a place, `<name>` a symbol, and the sets of synonyms below.

May import: this package's questions, wording; the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from superserve_tui.server.agents.workspace.questions import Question, Target
from superserve_tui.server.agents.workspace.wording import read_target

__all__ = ["EVERYWHERE", "Build", "Rule", "group", "is_everywhere", "limit", "rule", "target"]

_PROJECT = (
    r"(?:project|repo(?:sitory)?|code ?base|package|app(?:lication)?|program|library|code|folder|directory"
    r"|workspace"
    r"|tree|thing)"
)
EVERYWHERE = rf"(?:(?:this|the|my|our|your|that|current)\s+(?:\w+\s+)?{_PROJECT}|{_PROJECT}\s+here|here)"
"""Words for the project as a whole."""

_WORDS = {
    "<t>": r"(?P<t>.+?)",
    "<what>": r"(?P<what>.+?)",
    "<word>": r"(?P<what>\S+)",
    "<quoted>": r"(?P<what>\"[^\"]+\"|'[^']+'|`[^`]+`|“[^”]+”)",
    "<where>": r"(?P<where>.+?)",
    "<lang>": r"(?P<lang>[\w+#]+)",
    "<name>": r"[`'\"]?(?P<name>[A-Za-z_$][\w.$:-]*)(?:\(\))?[`'\"]?",
    "<a>": r"(?P<a>\d{1,7})",
    "<b>": r"(?P<b>\d{1,7})",
    "<n>": r"(?:(?:the )?(?:top )?(?P<n>\d{1,3}) )?",
    "<kind>": (
        r"(?:(?:the|a|an) )?(?:(?:function|class|method|type|struct|variable|constant|symbol|macro|interface"
        r"|enum) )?"
    ),
    "<project>": EVERYWHERE,
    "<show>": r"(?:show|print|display|view|open|cat|read|see|give|get|head|look at|type|less)(?: me)?",
    "<list>": r"(?:list|ls|dir|tree|show(?: me)?|print|display|give me|see|enumerate|name|find|get)",
    "<to>": r"\s*(?:-|–|—|to|through|until|till|and|\.\.|:)\s*",
    "<of>": r"(?:of|in|from)",
    "<in>": r"(?:in|within|under|inside|across)",
    "<search>": r"(?:search|grep|look for|look|rg|ag|scan|find|locate)",
    "<is>": r"(?:'s| is| are| was)",
    "<the>": r"(?:(?:all|the|any|every|a|an|of|me) )*",
}

Build = Callable[[re.Match[str]], Question | None]
"""Makes a question of a match; None where the match was a false friend."""


class Rule:
    """Phrases that ask the same. They are compiled when the first question comes, not at import."""

    def __init__(self, build: Build, phrases: tuple[str, ...]) -> None:
        self._build = build
        self._phrases = phrases

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_expanded(phrase), re.IGNORECASE) for phrase in self._phrases)

    def read(self, text: str) -> Question | None:
        """The question, where one of the phrases fits all of `text`."""
        for pattern in self._patterns:
            match = pattern.fullmatch(text)
            if match is not None and (question := self._build(match)) is not None:
                return question
        return None


def rule(build: Build, *phrases: str) -> Rule:
    """A rule of phrases in the small language."""
    return Rule(build, phrases)


def group(match: re.Match[str], name: str) -> str:
    """A part of the match; empty where the phrase has none."""
    return (match.groupdict().get(name) or "").strip()


def target(match: re.Match[str]) -> Target:
    """What `<t>` stands for; `it` where it was left out."""
    return read_target(group(match, "t"))


def limit(match: re.Match[str]) -> int:
    """How many are wanted: `<n>`, else 10, 100 at most."""
    return max(1, min(int(group(match, "n") or 10), 100))


def is_everywhere(said: str) -> bool:
    """Whether a place is the project as a whole."""
    return not said or bool(
        re.fullmatch(rf"{EVERYWHERE}|there|total|all|all files|everything|everywhere", said, re.IGNORECASE)
    )


def _expanded(phrase: str) -> str:
    return re.sub(r"(?<!\?P)<[a-z]+>", lambda match: _WORDS.get(match[0], match[0]), phrase)
