"""Phrases that ask for no file: greetings, thanks, help, and about the agent itself.

May import: this package's phrases, questions; the standard library.
"""

from __future__ import annotations

from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.phrases import Rule, rule

__all__ = ["SMALL_TALK"]

_TOPIC = r"(model|llm|agent|script|ai|gpt|claude|ollama|openai|anthropic)"

SMALL_TALK: tuple[Rule, ...] = (
    rule(
        lambda _: q.Greeting(),
        r"(hi|hello|hey|hallo|hola|howdy|yo|moin|greetings)( there| all| again| workspace)?[\s,!.]*(how are you)?",
        r"good (morning|afternoon|evening|day)|how are you|what'?s up|sup",
    ),
    rule(lambda _: q.Agree(), r"yes|yep|yeah|yes please|sure|ok|okay|right|correct|exactly|do it|that one"),
    rule(
        lambda _: q.Thanks(),
        r"((many|great|perfect|ok|okay|nice|cool|awesome|good|no)[,!.]?\s*)?(thanks|thank you|thx|ty|cheers|merci"
        r"|danke)"
        r"( a lot| so much| very much| you| again)*",
        r"great|perfect|nice|cool|awesome|good( job)?|well done|got it|lol|wow|no|nope|never ?mind",
    ),
    rule(lambda _: q.Farewell(), r"bye|bye bye|goodbye|good bye|see you|see ya|ciao|good night|exit|quit"),
    rule(
        lambda _: q.Help(),
        r"/?help|help me|\?+|commands|examples|usage|menu|show (me )?(the )?help",
        r"what (else )?(can|do) you do|what can i (ask|do|say)( you| here)?|what are you (able to do|for)",
        r"how do(es)? (you|this) work|how do i use (you|this)|what (questions|things) can i ask( you)?",
    ),
    rule(
        lambda _: q.Identity(),
        r"(who|what) are you|what('s| is) your name|introduce yourself",
        r"are you (an? )?(ai|llm|model|bot|human|robot|chatgpt|gpt|claude|real).*",
        r"(what|which) (model|llm|ai)( are you| is this| do you use)?",
    ),
    rule(
        lambda _: q.Connect(),
        rf"(how (do|can) (i|we|you)|how to) .*\b(connect|add|use|plug in|set up|configure|bring)\b.*\b{_TOPIC}\b.*",
        rf"(connect|add) (a |an |my |your own )*{_TOPIC}",
    ),
    rule(
        lambda _: q.More(),
        r"((show|give) (me )?)?(more|the rest|next lines|next page)|continue|go on|keep going|and the rest|what"
        r" else",
    ),
    rule(
        lambda _: q.WhereAmI(),
        r"pwd|where (am i|are we)|(what|which) (folder|directory|dir) (is this|am i in|are we in)",
        r"what('s| is) the (current|working) (folder|directory)",
    ),
)
"""Tried on the whole message first, and again without the politeness around it."""
