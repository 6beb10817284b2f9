"""How a line that begins a class, a function, a heading or a key looks, by language.

Every pattern is matched at the line's start and has no nested repetition. Compiled when a language is first met.

May import: the standard library.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["Patterns", "patterns_for"]

Patterns = tuple[tuple[str, re.Pattern[str]], ...]
"""Kinds of symbols with the pattern of their first line, which names them in the group `name`."""

_MODIFIERS = (
    r"(?:(?:public|private|protected|internal|static|final|abstract|sealed|data|open|partial|export|override"
    r"|suspend"
    r"|async|mutating|inline|virtual|synchronized)\s+)"
)
_WORDS = {
    "<name>": r"(?P<name>[\w$]+)",
    "<path>": r"(?P<name>[\w.:]+)",
    "<export>": r"(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?",
    "<pub>": r"(?:pub(?:\([\w: ]{1,40}\))?\s+)?",
    "<mods>": _MODIFIERS + "*",
    "<somemods>": _MODIFIERS + "+",
    "<notcall>": r"(?!if\b|for\b|while\b|switch\b|catch\b|return\b|function\b|super\b|await\b|new\b|throw\b"
    r"|else\b)",
}

_SCRIPT = {
    "class": r"<export>class\s+<name>",
    "function": r"<export>(?:async\s+)?function\s*\*?\s*<name>",
    "interface": r"<export>interface\s+<name>",
    "type": r"<export>type\s+<name>\s*[=<]",
    "enum": r"<export>(?:const\s+)?enum\s+<name>",
    "function ": r"<export>(?:const|let|var)\s+<name>\s*(?::[^=]{1,80})?=\s*(?:async\s*)?(?:\(|function|"
    r"[\w$]+\s*=>)",
    "constant": r"<export>const\s+<name>",
    "function  ": r"(?:module\.)?exports\.<name>\s*=",
    "method": (
        r"[ \t]{2,4}(?:(?:static|async|public|private|protected|get|set|readonly)\s+)*<notcall>(?P<name>[\w$#]+)"
        r"\s*\([^;]*\{\s*$"
    ),
}
_CURLY = {
    "class": r"\s*<mods>(?:class|interface|enum|record|struct|trait|object|protocol|extension)\s+<name>",
    "function": r"\s*<mods>(?:fun|func|function|def)\s+<path>\s*[(<]",
    "method": r"\s+<somemods>[\w<>\[\],.?]+\s+<name>\s*\([^;]*$",
}
_C = {
    "macro": r"#\s*define\s+<name>",
    "class": r"(?:typedef\s+)?(?:class|struct|union|enum(?:\s+class)?|namespace)\s+<name>[^;]*$",
    "function": (
        r"<notcall>(?!typedef\b|case\b)[A-Za-z_][\w:<>,]*[\s*&]+(?:[\w:<>,]+[\s*&]+)?(?:[\w:<>,]+[\s*&]+)?"
        r"(?P<name>[\w:~]+)\s*\([^;]*$"
    ),
}
_STYLES = {"rule": r"(?P<name>[^\s@/{}][^{};]{0,80}?)\s*\{"}
_TABLE = r"\s*(?P<name>\[\[?[^\[\]]{1,120}\]\]?)\s*(?:[#;].*)?$"

_BY_LANGUAGE: dict[str, dict[str, str]] = {
    "Python": {"class": r"\s*class\s+<name>", "function": r"\s*(?:async\s+)?def\s+<name>"},
    "JavaScript": _SCRIPT,
    "TypeScript": _SCRIPT,
    "TSX": _SCRIPT,
    "Vue": _SCRIPT,
    "Svelte": _SCRIPT,
    "Go": {
        "function": r"func\s+<name>\s*[(\[]",
        "method": r"func\s+\([^)]{1,120}\)\s*<name>\s*\(",
        "type": r"type\s+<name>",
        "constant": r"(?:const|var)\s+<name>",
    },
    "Rust": {
        "function": r"\s*<pub>(?:(?:const|async|unsafe|extern\s+\"C\")\s+)*fn\s+<name>",
        "struct": r"<pub>struct\s+<name>",
        "enum": r"<pub>enum\s+<name>",
        "trait": r"<pub>(?:unsafe\s+)?trait\s+<name>",
        "impl": r"(?:unsafe\s+)?impl\b(?P<name>[^{]{1,120})",
        "module": r"<pub>mod\s+<name>",
        "macro": r"macro_rules!\s+<name>",
        "constant": r"<pub>(?:const|static)\s+<name>\s*:",
        "type": r"<pub>type\s+<name>",
    },
    "Java": _CURLY,
    "Kotlin": _CURLY,
    "C#": _CURLY,
    "Swift": _CURLY,
    "Scala": _CURLY,
    "Dart": _CURLY,
    "PHP": _CURLY,
    "C": _C,
    "C++": _C,
    "Ruby": {"class": r"\s*(?:class|module)\s+<path>", "function": r"\s*def\s+(?P<name>[\w.?!=]+)"},
    "Shell": {
        "function": r"\s*function\s+(?P<name>[\w:.-]+)",
        "function ": r"\s*(?P<name>[\w:.-]+)\s*\(\)",
    },
    "Lua": {"function": r"\s*(?:local\s+)?function\s+<path>"},
    "SQL": {
        "statement": (
            r"(?i:\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:unique\s+)?"
            r"(?:table|view|index|function|procedure|trigger|type)\s+(?:if\s+not\s+exists\s+)?(?P<name>[\w.\"`]+))"
        )
    },
    "CSS": _STYLES,
    "SCSS": _STYLES,
    "Less": _STYLES,
    "Makefile": {"target": r"(?P<name>[A-Za-z0-9_./%-]+)\s*:(?!=)"},
    "Dockerfile": {"step": r"(?P<name>(?:FROM|CMD|ENTRYPOINT|EXPOSE|COPY|RUN)\s.{1,80})"},
    "Terraform": {"block": r"(?P<name>(?:resource|data|module|variable|output|provider)\s+\"[^{]{1,100})"},
    "Protocol Buffers": {"message": r"\s*(?:message|service|enum|rpc)\s+<name>"},
    "GraphQL": {"type": r"(?:type|interface|enum|input|union|scalar|query|mutation)\s+<name>"},
    "Elixir": {"function": r"\s*def(?:p|module|macro|struct)?\s+(?P<name>[\w.?!]+)"},
    "Haskell": {"function": r"(?P<name>[a-z][\w']*)\s*::", "type": r"(?:data|newtype|type|class)\s+<name>"},
    "Julia": {"function": r"\s*(?:function|struct|module|macro)\s+(?P<name>[\w.!]+)"},
    "R": {"function": r"(?P<name>[\w.]+)\s*(?:<-|=)\s*function"},
    "Perl": {"function": r"\s*(?:sub|package)\s+<path>"},
    "Markdown": {"heading": r"(?P<level>#{1,6})\s+(?P<name>\S.*)"},
    "TOML": {"table": _TABLE, "key": r"\s*(?P<name>(?:[\w.-]|\"[\w. /-]{1,80}\"){1,80})\s*="},
    "INI": {"table": _TABLE, "key": r"(?P<name>[\w. -]{1,80}?)\s*[=:]"},
    "YAML": {"key": r"(?P<indent> {0,2})(?P<name>[\w.\"'/][\w. \"'/-]{0,80}?)\s*:(?:\s|$)"},
    "JSON": {"key": r"(?P<indent> {0,4}|\t{0,2}|\{ ?)\"(?P<name>[^\"]{1,80})\"\s*:"},
}
"""A kind with blanks behind it is the same kind with one more pattern."""


@cache
def patterns_for(language: str) -> Patterns:
    """The patterns of a language, by its name; none for one that is not known."""
    made = []
    for kind, expression in _BY_LANGUAGE.get(language, {}).items():
        for word, meaning in _WORDS.items():
            if f"?P{word}" not in expression:
                expression = expression.replace(word, meaning)
        made.append((kind.strip(), re.compile(expression)))
    return tuple(made)
