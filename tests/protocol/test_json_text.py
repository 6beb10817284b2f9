"""JSON from strangers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.protocol import dumps, loads, loads_object, scrub
from superserve_tui.protocol.json_text import MAX_DEPTH


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1e999", "-1e999", "", "{", "{} x", "'x'"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)
    assert loads_object(text) is None


@pytest.mark.parametrize("text", ["[]", "1", '"x"', "null", "true"])
def test_only_an_object_is_an_object(text: str) -> None:
    assert loads_object(text) is None
    assert loads(text) == json.loads(text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_read_to_the_limit_and_no_deeper(opening: str, closing: str) -> None:
    def nest(depth: int) -> str:
        return opening * depth + "1" + closing * depth

    loads(nest(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            loads(nest(depth))


def test_brackets_in_text_are_not_nesting() -> None:
    text = "[{" * 1000
    assert loads_object(dumps({"content": text})) == {"content": text}


def test_a_wide_value_is_not_a_deep_one() -> None:
    wide = {"rows": [[1], {"a": 2}] * 1000}
    assert loads(dumps(wide)) == wide


def test_what_is_written_is_one_line_that_can_be_encoded() -> None:
    text = dumps({"a": "x\ny\u2028\ud800\x00"})
    assert text == '{"a":"x\\ny\u2028\ufffd\\u0000"}'
    text.encode()


def test_nan_is_not_written() -> None:
    with pytest.raises(ValueError, match=r"."):
        dumps({"a": float("nan")})


@given(st.text())
def test_scrubbed_text_can_be_stored(text: str) -> None:
    clean = scrub(text)
    clean.encode()
    assert "\x00" not in clean
    assert len(clean) == len(text)


@given(st.text().filter(lambda text: "\x00" not in text))
def test_good_text_is_left_alone(text: str) -> None:
    assert scrub(text) == text
