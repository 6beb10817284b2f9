"""From a prompt to a question, by rules tried in order; the first that fits wins.

May import: this package's questions, rules, wording; the standard library.
"""

from __future__ import annotations

from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.file_rules import (
    BEYOND_RULE,
    CHANGE_RULE,
    EXPLAIN_RULES,
    LINE_RULES,
    SHOW_RULE,
)
from superserve_tui.server.agents.workspace.project_rules import COUNT_RULES, LIST_RULES, PROJECT_RULES
from superserve_tui.server.agents.workspace.small_talk import SMALL_TALK
from superserve_tui.server.agents.workspace.text_rules import NAME_RULES, SYMBOL_RULES, TEXT_RULES, WHERE_RULE
from superserve_tui.server.agents.workspace.wording import number_of, read_target, tidy, without_mentions

__all__ = ["understand"]

_MAX_PROMPT = 300
"""Characters of a question; what is longer is an essay and takes a model."""
_MAX_BARE_WORDS = 4
"""Words that may be a file's name, nothing else around them."""

_RULES = (
    *LINE_RULES,
    *PROJECT_RULES,
    *COUNT_RULES,
    *SYMBOL_RULES,
    *NAME_RULES,
    *TEXT_RULES,
    *LIST_RULES,
    *EXPLAIN_RULES,
    CHANGE_RULE,
    SHOW_RULE,
    WHERE_RULE,
    BEYOND_RULE,
)


def understand(prompt: str) -> q.Question:
    """The question that a prompt asks. Never fails: what no rule knows is a `FollowUp` or `Beyond`."""
    prompt = without_mentions(prompt)
    if not prompt.strip():
        return q.Nothing()
    if len(prompt) > _MAX_PROMPT:
        return q.Beyond(prompt)
    whole = " ".join(prompt.replace("’", "'").split())
    text, follows = tidy(prompt)
    for wording in (whole, whole.strip("?!.,;: "), text):
        for rule in SMALL_TALK:
            if (question := rule.read(wording)) is not None:
                return question
    number = number_of(text)
    if number is not None:
        return q.Choose(number)
    for rule in _RULES:
        if (question := rule.read(text)) is not None:
            return question
    if follows or len(text.split()) <= _MAX_BARE_WORDS:
        return q.FollowUp(read_target(text), follows)
    return q.Beyond(text)
