"""Phrases about one file: show it, some lines of it, what it does; and what is beyond this agent.

May import: this package's phrases, questions, wording; the standard library.
"""

from __future__ import annotations

import re

from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.phrases import Rule, group, rule, target

__all__ = ["BEYOND_RULE", "CHANGE_RULE", "EXPLAIN_RULES", "LINE_RULES", "SHOW_RULE"]

_HEAD_LINES = 20
"""Lines that the top or the end of a file is."""


def _lines(match: re.Match[str]) -> q.Question:
    first = int(match["a"])
    last = int(group(match, "b") or first)
    return q.Show(target(match), max(1, min(first, last)), max(1, first, last))


def _part(match: re.Match[str]) -> q.Question:
    lines = int(group(match, "count") or _HEAD_LINES)
    if group(match, "side").lower() in ("last", "bottom", "end", "tail"):
        return q.Show(target(match), -lines)
    return q.Show(target(match), 1, lines)


LINE_RULES: tuple[Rule, ...] = (
    rule(
        _lines,
        r"(<show> )?(the )?lines? <a>(<to><b>)?(\s+<of> <t>)?",
        r"(<show> )?(?P<t>\S.*?)(,? lines? |:)<a>(<to><b>)?",
    ),
    rule(
        _part,
        r"(<show> )?(the )?(?P<side>first|last|top|bottom) (?P<count>\d{1,4}) lines( <of> <t>)?",
        r"(<show> )?the (?P<side>top|beginning|start|head|bottom|end|tail) of <t>",
        r"(?P<side>head|tail) (-n? ?)?((?P<count>\d{1,4}) )?(?P<t>\S+)",
    ),
)

_PARTS = r"(functions|classes|methods|symbols|headings|sections|keys|types|constants|definitions)"
_DOES = r"(do|does|contain|mean|say|define|export|provide|import|use|hold|for|about|responsible for|good for)"

EXPLAIN_RULES: tuple[Rule, ...] = (
    rule(
        lambda match: q.Explain(target(match)),
        rf"(what|which|list|show|show me|print)( all| the| of| are| me)* {_PARTS}( (and|or) \w+)?( are)?( there)?"
        r"( defined| declared)?( (does|do|in|of|inside|from) <t>)?( (have|has|define|contain|export))?",
        r"how many (functions|classes|methods|headings)( are)?( there)?( (in|does|of) <t>)?( (have|has))?",
        r"(show( me)? |give me |print )?(an? |the )?(outline|summary|overview|gist|table of contents|toc) (of"
        r"|for) <t>",
        r"outline <t>",
        r"what (?P<t>\S+) (does|is|contains|do|means)",
        r"(what|which) (?P<t>tests|docs|examples|scripts) (are there|do we have|exist)",
        rf"what (does|do|did|is|are|'s) <t> {_DOES}( exactly)?",
        r"(what|how) does <t> work",
        r"(explain|describe|summari[sz]e|tell me about|analy[sz]e|what about)( to me)?( what)? <t>( does| is| do)?",
        r"what(<is>) <t>( for| about)?",
        r"(show|open|go to|read|view)?( me)? ?(?P<t>(the )?(next|previous|prev)( (one|file))?)",
    ),
)

CHANGE_RULE = rule(
    lambda match: q.Beyond(match[0], wants_change=True),
    r"(create|write|make|generate|add|fix|implement|refactor|rename|delete|remove|edit|change|update|replace"
    r"|improve"
    r"|optimi[sz]e|run|execute|install|build|deploy|debug|convert|commit|push|move|copy|rm|mv|cp|git|pip|npm"
    r"|touch|mkdir"
    r"|format|lint|sort)\b.*",
)
"""What would change something; it comes before `show`."""

SHOW_RULE = rule(
    lambda match: q.Show(target(match)),
    r"<show>( (the )?(whole|entire|full|complete))? <t>",
    r"what does <t> look like",
)

BEYOND_RULE = rule(
    lambda match: q.Beyond(match[0]),
    r"(translate|why|who|whom|whose|should|is|are|does|do|did|can|could|how|when|which|think|solve|calculate"
    r"|compare"
    r"|suggest|recommend|imagine|review|discuss|prove|guess)\b.*",
    r"(an? |me an? )?(joke|story|poem|riddle|song|recipe|haiku)\b.*",
)
"""Questions that take a mind; the last rule."""
