"""What the agent says about itself: what it is, what it can do, how a model or a script comes in.

May import: this package's markdown; the standard library.
"""

from __future__ import annotations

from superserve_tui.server.agents.workspace.markdown import code, fence, joined

__all__ = [
    "beyond",
    "connect",
    "end_of_list",
    "farewell",
    "greeting",
    "help_text",
    "identity",
    "nothing_said",
    "nothing_to_choose",
    "nothing_to_continue",
    "thanks",
    "which_one",
]

_SCRIPT = (
    "# agent.py",
    "while True:",
    "    message = input()",
    "    words = message.split()",
    '    answer = f"You sent {len(words)} words: {message}"',
    "    print(answer)",
)
_CONFIG = ("[agents.mine]", 'command = "python agent.py"')


def greeting(folder: str) -> str:
    """Hello, and what to try first."""
    return joined(
        [
            f"Hello! I answer questions about {code(folder)}, the folder that this was opened in. Try:",
            _examples("what is this project?", "what files are there?", "find TODO"),
            "`help` shows everything.",
        ]
    )


def thanks() -> str:
    """Thanks is answered short."""
    return "Any time. Ask on whenever you like.\n"


def farewell() -> str:
    """Goodbye, and how to leave."""
    return "Bye! Ctrl+Q leaves the app; this conversation stays in the list.\n"


def nothing_said() -> str:
    """The message was empty."""
    return "That message was empty. Ask me something about this folder, or say `help`.\n"


def help_text(folder: str) -> str:
    """Everything it can do, by example."""
    return joined(
        [
            f"I answer questions about the files in {code(folder)}. I only read, and only in this folder.",
            "**The project**",
            _examples("what is this project?", "what are the dependencies?", "how do I run the tests?"),
            "**Files**",
            _examples(
                "what files are there?", "what's in src?", "largest files", "recently changed files", "find *.toml"
            ),
            "**One file**",
            _examples("what does main.py do?", "show me lines 10-40 of README.md", "how long is it?", "more"),
            "**Text and code**",
            _examples("find TODO", 'find "exact words" in *.py', "where is main defined?", "who uses main?"),
            "**Figures**",
            _examples("how many lines of Python are there?", "which languages are used?"),
            (
                "I remember what we talked about: *it*, *the second one*, *next* and *and README.md?* work. "
                "I am rules, not a model; ask `how do I connect a model?` for more than this."
            ),
        ]
    )


def identity(folder: str) -> str:
    """What it is, plainly."""
    return joined(
        [
            (
                f"I'm `workspace`, a small rule-based helper for {code(folder)}. There is no language model behind "
                "me: I understand a set of questions about files and answer them by reading the files, here on "
                "this machine. Nothing leaves it."
            ),
            "Say `help` for what I can answer, or `how do I connect a model?` for an agent that can do more.",
        ]
    )


def connect() -> str:
    """How a script, or a model by way of one, becomes an agent."""
    return joined(
        [
            "Any program that reads a line and prints an answer can be an agent. For example, six lines of Python:",
            fence(_SCRIPT, "python"),
            "Start the app with it:",
            fence(["superserve-tui agent.py"], "bash"),
            (
                "Where `answer` is made, call the model that you use, with its own library. To keep the agent, put "
                "it in the config file (`superserve-tui config path` tells where that is):"
            ),
            fence(_CONFIG, "toml"),
            "Then it is there, by its name, whenever you start a new session.",
        ]
    )


def beyond(*, wants_change: bool, seen: str = "", is_again: bool = False) -> str:
    """It takes a model, or hands that may write.

    Args:
        wants_change: Something was to be written or run.
        seen: A file that was named and can be shown.
        is_again: It was said in this session before: shorter now.
    """
    lead = (
        "I can't do that: I'm a rule-based helper with no model behind me. I only read; I write, change and run "
        "nothing."
        if wants_change
        else "I can't answer that: I'm a rule-based helper with no model behind me. I only know a set of questions "
        "about the files in this folder."
    )
    examples = (f"what does {seen} do?", f"show {seen}") if seen else ("what is this project?", "find TODO")
    can = joined(["What I can do right now:", _examples(*examples, "help")]).strip()
    if is_again:
        short = (
            "For more, connect a model or a script: start `superserve-tui agent.py`, or put `[agents.NAME]` with "
            "`command = ...` into the config file. `how do I connect a model?` shows how."
        )
        return joined([lead, can, short])
    keep = (
        "and start `superserve-tui agent.py`. To keep it, add this to the config file "
        "(`superserve-tui config path` tells where that is):"
    )
    return joined(
        [
            lead,
            can,
            "For more, connect an agent of your own. Save this as `agent.py`, with a call to your model in it:",
            fence(_SCRIPT, "python"),
            keep,
            fence(_CONFIG, "toml"),
        ]
    )


def nothing_to_choose(number: int, known: int) -> str:
    """A number was said, and there is no list, or a shorter one."""
    if known:
        which = "the last" if number < 0 else f"number {number}"
        return f"There is no {which}: the last list has {known}. Say a number from 1 to {known}, or a name.\n"
    return "I have shown no list yet that I could pick from. Try `what files are there?` first.\n"


def end_of_list(*, is_end: bool) -> str:
    """`Next` behind the last, `previous` before the first."""
    if is_end:
        return "That was the last one of the list. `the first one` starts again.\n"
    return "That was the first one of the list.\n"


def nothing_to_continue() -> str:
    """`More` was said, and nothing was cut off."""
    return "There is nothing more to show: what I showed last was complete.\n"


def which_one(asked: str) -> str:
    """`It` was said, and nothing was talked about."""
    meant = f"what *{asked}* means" if asked else "which file you mean"
    return f"I don't know yet {meant}. Name a file, for example `what does README.md do?`, and I'll remember it.\n"


def _examples(*questions: str) -> str:
    return "\n".join(f"- {code(question)}" for question in questions)
