"""What a model put into a tool call, read with care; and how a tool says no to it.

May import: protocol, the standard library.
"""

from __future__ import annotations

from superserve_tui.protocol import JsonObject, SuperserveError

__all__ = ["Arguments", "ToolRefusal"]


class ToolRefusal(SuperserveError):  # noqa: N818 - an answer to the model, not a fault
    """The tool does not do that. The message is for the model: what is wrong, what would work."""


class Arguments:
    """Typed access to one call's arguments."""

    def __init__(self, values: JsonObject) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """A string; a number is taken as its digits.

        Raises:
            ToolRefusal: it is missing (and there is no default), or something else.
        """
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise ToolRefusal(f"`{name}` must be a string" if value is not None else f"`{name}` is missing")
        return value

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number, put into its range; digits in a string count.

        Raises:
            ToolRefusal: it is anything else.
        """
        value = self._values.get(name)
        if value is None:
            return default
        try:
            if isinstance(value, bool):
                raise TypeError
            return max(least, min(most, int(value)))
        except (ValueError, TypeError, OverflowError):
            raise ToolRefusal(f"`{name}` must be a whole number") from None

    def flag(self, name: str) -> bool:
        """True or false; missing is false.

        Raises:
            ToolRefusal: it is anything else.
        """
        match self._values.get(name):
            case None | False | "false" | "False" | 0:
                return False
            case True | "true" | "True" | 1:
                return True
            case _:
                raise ToolRefusal(f"`{name}` must be true or false")
