"""Answers that ask the person back: which one is meant, or that nothing is; what was offered is remembered.

May import: this package's answers, memory, questions, resolving; the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from superserve_tui.server.agents.workspace import file_answers, self_answers
from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.memory import Memory, Offer
from superserve_tui.server.agents.workspace.resolving import Absent, Unclear

__all__ = ["beyond", "missing", "offer", "unclear"]

_OFFERED = 10
"""Choices of one question back."""
_NAME_LIKE = re.compile(r"[\w./~@+-]{1,100}")


def offer(memory: Memory, asked: str, choices: Sequence[str], question: q.Question) -> str:
    """Several fit: ask which."""
    kept = _remember(memory, choices, question)
    return file_answers.choose(asked, kept, len(choices) - len(kept))


def missing(memory: Memory, absent: Absent, question: q.Question) -> str:
    """Nothing is called so; what is called almost so is offered. What can't be a name was no question for us."""
    if absent.close:
        return file_answers.missing(absent.asked, _remember(memory, absent.close, question))
    if not _NAME_LIKE.fullmatch(absent.asked):
        return beyond(memory)
    return file_answers.missing(absent.asked)


def beyond(memory: Memory, *, wants_change: bool = False, seen: str = "") -> str:
    """It takes a model: at length the first time, in short after that."""
    is_again, memory.has_explained = memory.has_explained, True
    return self_answers.beyond(wants_change=wants_change, seen=seen, is_again=is_again)


def unclear(memory: Memory, unclear: Unclear) -> str:
    """A reference, and nothing that it could mean."""
    known = len(memory.listed)
    match unclear.target.reference:
        case q.Reference.NUMBER:
            return self_answers.nothing_to_choose(unclear.target.number, known)
        case q.Reference.LAST:
            return self_answers.nothing_to_choose(-1, known)
        case q.Reference.NEXT if known:
            return self_answers.end_of_list(is_end=True)
        case q.Reference.PREVIOUS if known:
            return self_answers.end_of_list(is_end=False)
        case q.Reference.IT | q.Reference.NEXT | q.Reference.PREVIOUS as reference:
            return self_answers.which_one(reference.value)
        case None:
            return self_answers.which_one("")


def _remember(memory: Memory, choices: Sequence[str], question: q.Question) -> tuple[str, ...]:
    kept = tuple(choices[:_OFFERED])
    memory.show_list(kept)
    memory.offer = Offer(kept, question)
    return kept
