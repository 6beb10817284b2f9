"""A session's draft and a message that leaves it or comes back to it; no text of the person's is ever lost.

May import: domain, the standard library.
"""

from __future__ import annotations

from typing import Any

from superserve_tui.domain import Session

__all__ = ["returned", "with_message", "without_message"]

_GAP = "\n\n"


def with_message(draft: str, message: str) -> str:
    """The draft with a message that came back, before what stands there already; once, however often it comes."""
    if draft == message or draft.startswith(message + _GAP):
        return draft
    return message + _GAP + draft if draft else message


def returned(session: Session, message: str, revises: str | None) -> dict[str, Any]:
    """The fields of a session whose message comes back: its draft, and which turn's message that is again."""
    return {"draft": with_message(session.draft, message), "draft_revises": revises or session.draft_revises}


def without_message(draft: str, message: str) -> str:
    """The draft without a message that is sent now.

    Drafts are saved with a delay: one that the message begins with is an earlier state of it.
    """
    if message.strip().startswith(draft.strip()):
        return ""
    return draft.removeprefix(message + _GAP)
