"""The words around a question: politeness is taken off, targets are read.

May import: this package's questions; the standard library.
"""

from __future__ import annotations

import json
import re

from superserve_tui.server.agents.workspace.questions import IT, Reference, Target

__all__ = ["ORDINALS", "number_of", "read_target", "tidy", "unquoted", "without_mentions"]

_BEFORE = re.compile(
    r"(?:please|pls|plz|kindly|just|hey|hi|hello|yo|ok|okay|so|now|then|well|um|uh|hmm|yes|yeah|sure|great|cool|nice"
    r"|thanks"
    r"|thank you|also|but|maybe|actually|i wonder|i want to know|i'?d like to know|do you know|any idea"
    r"|(?:can|could|would|will) you(?: please)?(?: tell me| help me)?|can i|could i|may i|i (?:want|need)(?:"
    r" you)? to|i'?d like(?: you)? to"
    r"|i would like(?: you)? to|let me|let'?s|tell me(?! about\b)|help me(?: to)?|try to|go and|go ahead and)"
    r"(?=[\s,.!:])[\s,.!:]*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s,]*(?:(?:,|\b)(?:please|pls|plz|thanks|thank you|for me|to me|right now|again|then|if you can|would you"
    r"|btw))[\s.!?]*$"
    r"|[\s?!,;:…]+$|(?<=[\w\"'`)\]*])\.+$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?:(?:the|a|an|my|our|your|this|that|its|all of|all|of|in|inside|from|about)\s+)*"
    r"(?:(?:contents?|source|text|code)\s+(?:of|in)\s+(?:(?:the|this|that)\s+)*)?"
    r"(?:(?:file|module|script|folder|directory|dir|document|package)\s+(?:called\s+|named\s+)?)?"
    r"(?:(?:one|file)\s+(?:in|from|under|of|called|named)\s+(?:the\s+)?)?",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"\s+(?:file|files|module|script|folder|directory|dir|document|class|function|method|type|one)$", re.IGNORECASE
)
_IT = re.compile(
    r"(?:it|its|that|this|them|those|these|itself|there|(?:the |that |this )?(?:(?:same|current|whole|entire"
    r"|full) )?"
    r"(?:file|module|script|one|thing|function|class|method|symbol|folder|directory))",
    re.IGNORECASE,
)

ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8,
    "9th": 9, "10th": 10, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "last": -1,
}  # fmt: skip
_NUMBERED = re.compile(
    r"(?:(?:the |number |no\.? |option |#)*)(?P<word>\d{1,4}|" + "|".join(ORDINALS) + r")(?:\s+(?:one|file|option"
    r"|match|result|hit))?\)?\.?",
    re.IGNORECASE,
)  # fmt: skip
_STEP = re.compile(
    r"(?:the )?(?P<word>next|following|previous|prev|other|one before)(?: (?:one|file))?", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![^\s(])@(?:(?P<quoted>\"(?:[^\"\\\n]|\\.)+\")|(?P<path>[^\s\"@]*[./][^\s\"@]*))")
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "„": "“"}


def without_mentions(prompt: str) -> str:
    """The prompt with `@path` and `@"two words"` as plain names; `@decorator` stays, it may be looked for."""

    def name(found: re.Match[str]) -> str:
        if found["path"]:
            return found["path"]
        try:
            return f'"{json.loads(found["quoted"])}"'
        except ValueError:
            return found[0]

    return _MENTION.sub(name, prompt)


def tidy(prompt: str) -> tuple[str, bool]:
    """The question without politeness and closing marks, and whether it began with `and` or `what about`."""
    text = re.sub(r"(\"[^\"]*\")|\s+", lambda match: match[1] or " ", prompt).strip()
    text = text.replace("’", "'")
    follows = False
    while True:
        before = text
        match = _BEFORE.match(text)
        if match is not None and match.end() < len(text):
            text = text[match.end() :]
        joined = re.match(r"(?:and|what about|how about|or)\s+(?=\S)", text, re.IGNORECASE)
        if joined is not None:
            follows = True
            text = text[joined.end() :]
        text = _AFTER.sub("", text).strip()
        text = re.sub(r"^(what|where|who|let)s(?= )", r"\1's", text, flags=re.IGNORECASE)
        if text == before:
            return text, follows


def number_of(text: str) -> int | None:
    """The number in `2`, `the second one`, `#3`, `the last one`; None for anything else."""
    match = _NUMBERED.fullmatch(text.strip())
    if match is None:
        return None
    word = match["word"].lower()
    return ORDINALS[word] if word in ORDINALS else int(word)


def read_target(text: str) -> Target:
    """What a person calls a file, a folder or a symbol."""
    text = text.strip().strip(",;:?!").strip()
    plain = unquoted(text)
    if plain != text:
        return Target(plain)
    if _IT.fullmatch(text) or not text:
        return IT
    step = _STEP.fullmatch(text)
    if step is not None:
        word = step["word"].lower()
        return Target(
            reference=Reference.PREVIOUS if word in ("previous", "prev", "one before") else Reference.NEXT
        )
    number = number_of(text)
    if number is not None:
        if number < 0:
            return Target(reference=Reference.LAST)
        return Target(reference=Reference.NUMBER, number=number)
    article = _ARTICLE.match(text)
    bare = text[article.end() :] if article is not None else text
    bare = _NOUN.sub("", bare) if " " in bare else bare
    bare = unquoted(bare.strip().removesuffix("()"))
    return Target(bare or text)


def unquoted(text: str) -> str:
    """The text inside one pair of quotes around all of it; else the text as it is."""
    if len(text) >= 3 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1]
    return text
