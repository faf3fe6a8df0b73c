"""Values are what `dataclasses` makes of a frozen class with slots, whoever asks."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest

from portal.values import field, frozen, keeping

usual = dataclass(frozen=True, slots=True)


def made_by(make: Any) -> tuple[Any, Any]:
    """The same two classes, made one way or the other."""

    class Thing:
        name: str
        size: int = 1
        parts: list[str] = field(default_factory=list)
        note: str = field(default="", compare=False, repr=False)
        made: int = field(default=7, init=False)
        wide: bool = field(default=False, kw_only=True)

        @property
        def twice(self) -> int:
            return self.size * 2

    thing: Any = make(Thing)

    class Larger(thing):
        more: tuple[int, ...] = ()

        def __post_init__(self) -> None:
            if self.more == (13,):
                raise ValueError("unlucky")

    return thing, make(Larger)


@frozen
class Point:
    x: int
    y: int = 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("a",), {}),
        (("a", 2), {"wide": True}),
        (("a",), {"parts": ["b"], "note": "c"}),
        ((), {"name": "a", "size": 3}),
    ],
)
def test_values_hold_what_a_dataclass_holds(words: tuple[Any, ...], named: Any) -> None:
    for ours, theirs in zip(made_by(frozen), made_by(usual), strict=True):
        one, other = ours(*words, **named), theirs(*words, **named)
        assert dataclasses.asdict(one) == dataclasses.asdict(other)
        assert repr(one) == repr(other)
        assert ours.__match_args__ == theirs.__match_args__
        assert ours.__slots__ == theirs.__slots__
        assert one.twice == other.twice


@pytest.mark.parametrize(
    ("words", "named"), [((), {}), (("a", 1, [], "", True), {}), (("a",), {"other": 1})]
)
def test_wrong_arguments_are_refused(words: tuple[Any, ...], named: Any) -> None:
    for make in (frozen, usual):
        with pytest.raises(TypeError):
            made_by(make)[0](*words, **named)


def test_a_default_is_made_anew_for_each() -> None:
    thing, _ = made_by(frozen)
    assert thing("a").parts is not thing("a").parts


def test_they_are_equal_by_what_is_compared() -> None:
    thing, larger = made_by(frozen)
    assert thing("a", note="b") == thing("a", note="c")
    assert thing("a") != thing("b")
    assert thing("a") != larger("a")
    assert larger("a", more=(1,)) != larger("a")
    assert (thing("a") == "a") is False


def test_those_without_fields_are_all_equal() -> None:
    @frozen
    class Done: ...

    assert Done() == Done()
    assert {Done(), Done()} == {Done()}


def test_they_can_be_keys() -> None:
    assert {Point(1): "a"}[Point(1, 0)] == "a"
    assert hash(Point(1)) != hash(Point(2))


def test_they_never_change() -> None:
    point = Point(1, 2)
    for change in (
        lambda: setattr(point, "x", 3),
        lambda: setattr(point, "z", 3),
        lambda: delattr(point, "x"),
    ):
        with pytest.raises(FrozenInstanceError):
            change()
    assert point == Point(1, 2)
    assert replace(point, x=3) == Point(3, 2)
    assert not hasattr(point, "__dict__")


def test_they_are_copied_and_sent_to_other_processes() -> None:
    point = Point(1, 2)
    for twin in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert twin == point


def test_they_are_matched_by_their_fields() -> None:
    match Point(1, 2):
        case Point(x, y=2):
            assert x == 1
        case _:
            pytest.fail("it is one")


def test_what_follows_from_the_fields_is_asked_at_the_end() -> None:
    _, larger = made_by(frozen)
    assert larger("a", more=(1,)).more == (1,)
    with pytest.raises(ValueError, match="unlucky"):
        larger("a", more=(13,))


def test_one_without_slots_is_a_value_too() -> None:
    @keeping
    class Circle:
        radius: int
        tags: list[str] = field(default_factory=list)

        @functools.cached_property
        def area(self) -> int:
            return 3 * self.radius**2

    circle = Circle(2)
    assert (circle.area, circle.tags, vars(circle)["area"]) == (12, [], 12)
    assert (replace(circle, radius=3).area, circle == Circle(2)) == (27, True)
    with pytest.raises(FrozenInstanceError):
        circle.radius = 3  # ty: ignore[invalid-assignment]


@pytest.mark.parametrize("make", [frozen, keeping])
def test_a_field_may_be_called_as_the_initialiser_might_call_its_own(make: Any) -> None:
    class Thing:
        kept: int
        set_size: int
        size: int = 3
        usual_size: int = 4
        MISSING: int = 5
        make_parts: int = 6
        parts: list[int] = field(default_factory=list)

    assert dataclasses.astuple(make(Thing)(1, 2)) == (1, 2, 3, 4, 5, 6, [])


def test_a_class_keeps_what_it_says_itself() -> None:
    @frozen
    class Secret:
        text: str

        def __repr__(self) -> str:
            return "Secret"

    assert repr(Secret("a")) == "Secret"
