"""Phrases about the project as a whole: what it is, what it needs, figures, lists of files.

May import: this package's phrases, questions, languages, wording; the standard library.
"""

from __future__ import annotations

import re

from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.languages import language_named
from superserve_tui.server.agents.workspace.phrases import Rule, group, is_everywhere, limit, rule, target
from superserve_tui.server.agents.workspace.wording import read_target

__all__ = ["COUNT_RULES", "LIST_RULES", "PROJECT_RULES"]

_TOPICS = r"(?P<topic>run|start|install|test|build|use|launch|set ?up|deploy|contribute)"
_DONE = {"started": "start", "installed": "install", "tested": "test", "built": "build", "used": "use"}
_ALL_LANGUAGES = ("code", "source", "source code", "text", "the", "total", "project", "all")


def _how_to(match: re.Match[str]) -> q.Question:
    topic = group(match, "topic").lower()
    if group(match, "object").lower() in ("test", "tests", "the tests", "the test", "the test suite"):
        topic = "test"
    return q.HowTo(_DONE.get(topic, topic))


def _language(match: re.Match[str]) -> str | None:
    """The language named; empty for none; None for a word that is no language."""
    word = group(match, "lang").lower().removesuffix(" code")
    if not word or word in _ALL_LANGUAGES:
        return ""
    found = language_named(word)
    return found.name if found is not None else None


def _count(match: re.Match[str]) -> q.Question | None:
    language = _language(match)
    if language is None:
        return None
    said = group(match, "t")
    place = None if is_everywhere(said) else read_target(said)
    return q.CountLines(language, place, group(match, "unit").lower().startswith("file"))


def _list(match: re.Match[str]) -> q.Question | None:
    language = _language(match)
    if language is None:
        return None
    said = group(match, "t")
    return q.ListFiles(None if is_everywhere(said) else read_target(said), language)


PROJECT_RULES: tuple[Rule, ...] = (
    rule(
        lambda _: q.AboutProject(),
        r"(what(<is>)|explain|describe|summari[sz]e|tell me about|what does|introduce|about)\s*<project>"
        r"\s*(about|do|for|all about|here)?",
        r"(give me )?(an? )?(overview|summary)( (of|for) <project>)?|(what am i|what are we) looking at",
        r"what is (all )?this (about|for)",
    ),
    rule(
        lambda _: q.Dependencies(),
        r"((what|which|list|show|are there|does|tell)\b.*)?\b(dependenc(y|ies)|deps|third[- ]party \w+)\b(?!"
        r" (file|folder)).*",
        r"(what|which) (packages|libraries|modules|frameworks?|requirements)\b.*\b(uses?|used|needs?|needed"
        r"|requires?"
        r"|required|depend|installed|there|have).*",
        r"what does (it|this|<project>) (depend on|need|require)|what are the (requirements|libraries|packages)"
        r"|requirements",
    ),
    rule(
        _how_to,
        rf"how (do|can|would|should) (i|we|you|one) {_TOPICS}( (?P<object>it|this|tests?|the tests?|the test"
        rf" suite|<project>))?"
        r"( (it|here|locally))?",
        r"how (is|are) (?P<object>it|this|the tests?|<project>) (?P<topic>run|started|installed|tested|built|used)",
        rf"how to {_TOPICS}( (?P<object>it|this|tests?|the tests?|<project>))?",
    ),
    rule(
        lambda match: q.Largest(limit(match)),
        r"(<list> |what(<is>) |which (is|are) )?(the )?<n>(largest|biggest|longest|heaviest)( \w+)? ?(files?"
        r"|ones?)?"
        r"( (are there|here|in <project>))?",
        r"(which|what) files? (is|are) (the )?(largest|biggest|longest)",
    ),
    rule(
        lambda match: q.Recent(limit(match)),
        r"(<list> |what(<is>) |which (is|are) )?(the )?<n>(most )?(recent(ly)?|latest|newest|last)"
        r"( (changed|modified|edited|updated|touched))? (files?|changes|ones?|edits)( .*)?",
        r"(what|which files?) (has |have |was |were )?(been )?(recently )?(changed?|modified|edited|updated|new)"
        r"( (recently|last|lately|today|most recently))?",
        r"what('s| is) new|(recent|latest) changes",
    ),
)

COUNT_RULES: tuple[Rule, ...] = (
    rule(
        _count,
        r"(how many|count( the)?|number of|total) (?P<unit>lines|loc|files)( of <lang>( code)?)?( (are|is) (there"
        r"|here))?"
        r"( (does|do|in|of|has|have|are in|is in|under) <t>)?( (have|has|contain|got))?( in total)?",
        r"(how many|count( the)?|number of) <lang> (?P<unit>files|lines)( (are|is) (there|here))?"
        r"( (in|under|does) <t>)?( (have|has|contain))?",
        r"how (much|many) <lang>( code)? (is there|are there|is in here)",
    ),
    rule(
        lambda _: q.CountLines(),
        r"(what|which) (programming )?languages?( .*)?|(lines of code|loc|cloc|line counts?|statistics|stats)( by"
        r" language)?",
        r"how (big|large|long) is <project>|(what('s| is) )?the size of <project>",
    ),
    rule(
        lambda match: q.FileSize(target(match)),
        r"how (long|big|large|old) (is|are|was) <t>",
        r"(what('s| is) )?(the )?(size|length|line count|number of lines|age) of <t>",
        r"wc( -l)? <t>",
        r"when (was|did) <t> (last )?(changed?|modified|edited|updated|touched)( last)?",
    ),
)

LIST_RULES: tuple[Rule, ...] = (
    rule(
        _list,
        r"(what|which|<list>)?\s*(are )?<the>(project'?s? )?(<lang> )?(files?|folders?|directories|contents)"
        r"( (are|is|do|does)( (there|we have|you see|it have|exist))?)?( (are )?(in|of|under|inside|at|within)"
        r" <t>)?"
        r"( (are there|is there|here|there))?",
        r"(ls|dir|tree|list)( -\w+)*( <t>)?",
        r"(show (me )?|what('s| is) |give me |print |draw )?(the |a )?(project |folder |directory |file )?"
        r"(structure|layout|tree|hierarchy)( (of|in|for) <t>)?",
    ),
    rule(
        lambda match: q.ListFiles(None if is_everywhere(group(match, "t")) else target(match)),
        r"(what(<is>)?|show( me)?|show( me)? what(<is>)|look) ?(there )?(in|inside|under|within)( of)? <t>",
        r"what('s| is) here",
    ),
)
