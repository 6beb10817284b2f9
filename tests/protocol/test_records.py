"""Records behave as the standard library's frozen slotted dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any, ClassVar

import pytest

from superserve_tui.protocol.records import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A record with every kind of field."""

    limit: ClassVar[int] = 3
    x: int
    y: int = 2
    tags: list[str] = dataclasses.field(default_factory=list)
    secret: str = dataclasses.field(default="s", repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same, by the standard library."""

    limit: ClassVar[int] = 3
    x: int
    y: int = 2
    tags: list[str] = dataclasses.field(default_factory=list)
    secret: str = dataclasses.field(default="s", repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """A record with methods of its own."""

    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("negative")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checked)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "mine"


@dataclass(frozen=True, slots=True)
class Empty:
    """A record without fields."""


def test_a_record_is_made_as_its_fields_say() -> None:
    made = Point(1, tags=["a"])
    assert (made.x, made.y, made.tags, made.secret) == (1, 2, ["a"], "s")
    assert Point(1).tags is not Point(1).tags
    Empty()


@pytest.mark.parametrize("arguments", [(), (1, 2, [], "s", 5)])
def test_wrong_arguments_are_refused_as_ever(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        Standard(*arguments)
    with pytest.raises(TypeError):
        Point(*arguments)
    with pytest.raises(TypeError):
        Point(1, z=3)  # type: ignore[call-arg]


def test_a_record_shows_itself_without_what_is_hidden() -> None:
    assert repr(Point(1)).replace("Point", "Standard") == repr(Standard(1)) == "Standard(x=1, y=2, tags=[])"


def test_records_are_equal_by_class_and_fields() -> None:
    assert Point(1) == Point(1)
    assert Point(1) != Point(2)
    assert Point(1) != Standard(1)  # type: ignore[comparison-overlap]
    assert Checked(1) == Checked(2)
    assert repr(Checked(1)) == "mine"


def test_records_of_hashable_values_are_hashable() -> None:
    assert hash(Empty()) == hash(Empty())
    assert hash(Checked(1)) == 7
    with pytest.raises(TypeError):
        hash(Point(1))


def test_a_record_can_not_be_changed() -> None:
    made = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.x
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.other = 2  # type: ignore[attr-defined]
    assert made.x == 1
    assert not hasattr(made, "__dict__")


def test_a_record_is_checked_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)


def test_the_tools_for_dataclasses_know_records() -> None:
    made = Point(1, tags=["a"])
    assert dataclasses.is_dataclass(made)
    assert dataclasses.replace(made, x=5) == Point(5, tags=["a"])
    assert dataclasses.asdict(made) == dataclasses.asdict(Standard(1, tags=["a"]))
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y", "tags", "secret"]
    match made:
        case Point(x, y):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("does not match")


def test_copies_and_pickles_are_equal() -> None:
    made = Point(1, tags=["a"])
    assert copy.copy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made
    deep = copy.deepcopy(made)
    assert deep == made
    assert deep.tags is not made.tags


def test_a_record_tells_its_parameters_once_one_was_made() -> None:
    Point(1)
    assert list(inspect.signature(Point).parameters) == ["x", "y", "tags", "secret"]
