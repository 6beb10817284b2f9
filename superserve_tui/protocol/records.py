"""Frozen slotted dataclasses that cost little to define: the app defines a hundred of them before its first paint.

The standard library compiles six methods for each frozen class when it is defined, 0.5 ms on a slow core and mostly
for methods that are never called. Here all classes share one of each, and the constructor is compiled when the
first object is made: 0.03 ms. In all else they are dataclasses: `replace`, `fields`, `asdict`, `match` know them.

May import: the standard library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

__all__ = ["dataclass"]

_T = TypeVar("_T")
_FACTORY = object()
"""Stands for a default that is made anew for each object."""


def _dataclass(*, frozen: Literal[True], slots: Literal[True]) -> Callable[[type[_T]], type[_T]]:
    """`dataclasses.dataclass` for `frozen=True, slots=True`, which are spelled out so that a reader knows the kind.

    Fields may have defaults and factories, and be left out of the `repr`; a class may define methods of its own.
    """
    assert frozen, "others are the standard library's"
    assert slots, "others are the standard library's"

    def make(cls: type[_T]) -> type[_T]:
        own = vars(cls)
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        for name, method in _SHARED.items():
            if name not in own or (name == "__hash__" and own[name] is None):
                setattr(made, name, method)
        if "__init__" not in own:
            made.__init__ = _first_init(made)
        return made  # type: ignore[no-any-return]

    return make


def _first_init(cls: type[Any]) -> Callable[..., None]:
    """A constructor that puts the real one in its place when it is first called."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it becomes the class's
        init = _compiled_init(cls)
        cls.__init__ = init
        init(self, *args, **kwargs)

    return __init__


def _compiled_init(cls: type[Any]) -> Callable[..., None]:
    """The constructor, written out field by field; it sets slots past the class's own `__setattr__`."""
    known: dict[str, Any] = {"_FACTORY": _FACTORY}
    parameters, body = ["self"], []
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        parameter = name
        if field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            parameter += f"=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            parameter += "=_FACTORY"
            value = f"_make_{name}() if {name} is _FACTORY else {name}"
        parameters.append(parameter)
        known[f"_set_{name}"] = getattr(cls, name).__set__
        body.append(f" _set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    lines = [f"def __init__({', '.join(parameters)}):", *(body or [" pass"])]
    exec("\n".join(lines), known)  # the names of fields are ours
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


# -- the methods that all of them share


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__match_args__)  # all fields: none is keyword-only


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash(_values(self))


def _setattr(_self: Any, name: str, _value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[Any, ...]:
    """Copies and pickles go through the constructor: slots that are frozen can't be filled otherwise."""
    return type(self), _values(self)


_SHARED: dict[str, Callable[..., Any]] = {
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__reduce__": _reduce,
}

if TYPE_CHECKING:
    from dataclasses import dataclass  # the same to whoever checks types
else:
    dataclass = _dataclass
