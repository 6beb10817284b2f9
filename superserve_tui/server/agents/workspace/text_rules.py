"""Phrases that look for something: text, definitions, uses, files by name.

May import: this package's phrases, questions, wording; the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.phrases import Rule, group, is_everywhere, rule
from superserve_tui.server.agents.workspace.wording import read_target, unquoted

__all__ = ["NAME_RULES", "SYMBOL_RULES", "TEXT_RULES", "WHERE_RULE"]

_PRONOUNS = frozenset(("it", "that", "this"))
_NOT_NAMES = frozenset(
    [
        "the",
        "a",
        "an",
        "them",
        "he",
        "she",
        "they",
        "who",
        "what",
        "which",
        "i",
        "we",
        "you",
        "is",
        "are",
        "was",
        "file",
        "folder",
        "project",
        "all",
        "everything",
        "code",
        "anyone",
        "anything",
    ]
)
_FILLER = re.compile(
    r"((all|every|any|the)\s+)*(text|string|word|phrase|occurrences?|mentions?|instances?|lines?)\s+"
    r"((of|with|containing|that contain|that mention)\s+)?|(all|every|any|the)\s+(the\s+)?(?=\S+$)",
    re.IGNORECASE,
)
_FILE_LIKE = re.compile(
    r"[\w.*?/\[\]-]*[*?][\w.*?/\[\]-]*|[\w-]+(\.[\w-]+)*\.([a-z]{1,4}|toml|json|yaml|html|swift|scala)",
    re.IGNORECASE,
)


def _search(match: re.Match[str]) -> q.Question | None:
    said = group(match, "what")
    text = unquoted(said)
    is_exact = text != said
    if not is_exact:
        text = unquoted(_FILLER.sub("", text, count=1) if _FILLER.match(text) else text)
        if re.fullmatch(r"(todo|fixme)'?s?", text, re.IGNORECASE):
            text = text.upper().rstrip("S").rstrip("'")
    where = group(match, "where")
    if not text:
        return None
    return q.SearchText(text, "" if is_everywhere(where) else unquoted(read_target(where).text), is_exact)


def _find(match: re.Match[str]) -> q.Question | None:
    """`find X`: a file where X looks like the name of one, else text."""
    if _FILE_LIKE.fullmatch(group(match, "what")) and is_everywhere(group(match, "where")):
        return q.FindFiles(group(match, "what"))
    return _search(match)


def _find_files(match: re.Match[str]) -> q.Question | None:
    asked = read_target(group(match, "what")).text
    if not asked:
        return None
    is_extension = asked.startswith(".") and asked.count(".") == 1 and asked[1:].isalnum() and len(asked) < 6
    return q.FindFiles(f"*{asked}" if is_extension else asked)


def _symbol(make: Callable[[str], q.Question]) -> Callable[[re.Match[str]], q.Question | None]:
    def build(match: re.Match[str]) -> q.Question | None:
        name = group(match, "name").rstrip(".:-")
        if name.lower() in _PRONOUNS:
            return make("")
        return None if name.lower() in _NOT_NAMES else make(name)

    return build


SYMBOL_RULES: tuple[Rule, ...] = (
    rule(
        _symbol(q.Definition),
        r"where(<is>| did you find)? <kind><name> (being )?(defined|declared|implemented|located|coming from|come"
        r" from)",
        r"where (do|does) (we|they|you|it|the code) (define|declare|implement) <kind><name>",
        r"((find|show( me)?|go to|what('s| is)|jump to) )?(the )?(definition|declaration|implementation|source"
        r"|code)"
        r" (of|for) <kind><name>",
        r"(which|what) (file|module)s? (defines?|declares?|implements?|contains? the definition of) <kind><name>",
        r"(go to|goto|definition) <name>",
        r"where('s| is) (the )?(function|class|method|type|struct|variable|constant|symbol|macro|interface|enum)"
        r" <name>",
        r"show( me)? (the )?(function|class|method|struct|interface|enum) <name>",
        r"show( me)? (the )?<name> (function|class|method|struct|interface|enum)",
    ),
    rule(
        _symbol(q.Uses),
        r"(who|what|which (files?|modules?|functions?|classes|code)|where do (we|they|you|i)|what else|who else)"
        r" (uses?|calls?|imports?|references?|invokes?|depends on|needs?|(is|are) (using|calling|importing))"
        r" <kind><name>",
        r"where(<is>| else is)? <kind><name> (being )?(used|called|imported|referenced|invoked)",
        r"((find|show( me)?|list|get|what are) )?<the>(usages?|uses|references|callers|calls|call sites) (of|to"
        r"|for)"
        r" <kind><name>",
        r"how (many times|often) is <name> (used|called|referenced)",
        r"is <name> (used|called)( anywhere)?",
    ),
)

NAME_RULES: tuple[Rule, ...] = (
    rule(
        _find_files,
        r"(<list>|look for|search( for)?|locate|are there|which|what|is there)? ?<the>files? (are )?"
        r"(called|named|like|matching|ending (in|with)|with (the )?(name|extension)) <what>",
        r"<list> <the>(?P<what>[^\s\"]*[*?][^\s\"]*)( files)?",
        r"(is|are) there (an? |any )?(?P<what>[\w.*-]+\.[\w*-]+|dockerfile|makefile|readme|license|changelog"
        r"|tests?)"
        r"( file)?( here| (in|under) .+)?",
        r"do (we|you|they) have (an? |any )?(?P<what>[\w.*-]+)( files?)?",
        r"(find|locate|look for|search for)( me)? (the |a )?(file|folder|directory)( called| named)? <word>",
    ),
)

TEXT_RULES: tuple[Rule, ...] = (
    rule(_search, r"how many (?P<what>todos?|fixmes?)( (are|is) there)?( (in|under) <where>)?"),
    rule(
        _search,
        r"<search>( me)?( for| up| in the code for| the (project|code|files|repo|codebase) for)? <quoted>( <in>"
        r" <where>)?",
        r"<search> (in |through |inside )?(?P<where>\S+) for <what>",
        r"(search|grep|look for|rg|ag|scan)( me)?( for)? <what>( <in> <where>)?",
    ),
    rule(_find, r"(find|locate)( me)?( all| every| any)? <word>( <in> <where>)?"),
    rule(
        _search,
        r"find <what>( <in> (?P<where>\S+))?",
        r"(where(<is>| does| do)?|which (files?|lines?)|what files?) (?P<what>\".+?\"|'.+?'|`.+?`|\S+)"
        r" (mentioned|written|appears?|occurs?|found|stand|stands)",
        r"(which|what) (files?|lines?) (contains?|mentions?|has|have|with|includes?|says?) <what>",
        r"(are there |is there |show (me )?|list )?<the>(?P<what>todos?|fixmes?)( (are )?(there|left|here))?"
        r"( (in|under) <where>)?",
        r"<the>(occurrences?|mentions?|instances?) of <what>( (in|under|inside) <where>)?",
    ),
)

WHERE_RULE = rule(_find_files, r"where(<is>) <what>")
"""Tried late, when nothing more special fitted."""
