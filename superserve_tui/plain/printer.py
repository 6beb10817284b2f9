"""What stands where on the page: roles as words, each at the start of a line, and nothing but appended text.

May import: domain, plain.writer, the standard library.
"""

from __future__ import annotations

from typing import Protocol

from superserve_tui.domain import clean, clean_line

__all__ = ["PROMPT", "PROMPT_MORE", "Output", "Printer"]

PROMPT = "you> "
PROMPT_MORE = "...> "
"""While a message of several lines is typed."""


class Output(Protocol):
    """Where text goes."""

    @property
    def is_idle(self) -> bool:
        """Whether everything is written out."""

    def put(self, text: str) -> None:
        """Write that."""


class Printer:
    """Puts text below what stands there already. For one thread.

    Foreign text is cleaned here, but for answers, which come in pieces and are cleaned by who knows their pieces.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._is_at_start = True
        self._is_in_answer = False
        self._pieces: list[str] = []

    def status(self, text: str) -> None:
        """A line about what goes on."""
        self._line("status: ", clean_line(text))

    def tool(self, text: str) -> None:
        """A line about a tool call."""
        self._line("tool: ", clean_line(text))

    def listed(self, text: str) -> None:
        """A line of a list."""
        self._line("  ", clean_line(text))

    def block(self, text: str) -> None:
        """Lines as they stand."""
        self._line("", clean(text))

    def you(self, text: str) -> None:
        """A message of the person's that can't be read here yet."""
        self._line(PROMPT, clean(text))

    def answer(self, text: str) -> None:
        """More of an answer, cleaned already."""
        if not text:
            return
        if not self._is_in_answer:
            self.end_line()
            text = f"agent> {text}"
        self._put(text)
        self._is_in_answer = True

    def end_answer(self) -> None:
        """The next answer is another one."""
        if self._is_in_answer:
            self.end_line()
        self._is_in_answer = False

    def end_line(self) -> None:
        """What comes next begins a line."""
        if not self._is_at_start:
            self._put("\n")

    def prompt_shown(self) -> None:
        """A prompt, or another sign that is not ours, stands on the line: what comes goes below it."""
        self._is_at_start = self._is_in_answer = False

    def prompt_answered(self) -> None:
        """Enter was pressed, at a prompt or in the midst of an answer: the line has ended."""
        self._is_at_start = True
        self._is_in_answer = False

    def repeat_prompt(self, prompt: str, typed: str) -> None:
        """The prompt, with what has been typed there, below what was printed meanwhile."""
        self.end_line()
        self._put(prompt + clean(typed))
        self.prompt_shown()

    @property
    def has_news(self) -> bool:
        """Whether something was printed since the last flush."""
        return bool(self._pieces)

    def flush(self) -> None:
        """Write out what was printed."""
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._output.put(text)

    def _line(self, role: str, text: str) -> None:
        self.end_line()
        self._put(f"{role}{text}".rstrip(" ") + "\n")
        self._is_in_answer = False

    def _put(self, text: str) -> None:
        self._pieces.append(text)
        self._is_at_start = text.endswith("\n")
