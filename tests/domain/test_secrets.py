"""What looks like a secret is found by its shape, masked the same way everywhere, and the rest stays as it is."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.domain import SecretCount, SecretKind, Session, Turn
from superserve_tui.domain.secrets import Masker, count_secrets, find_secrets, mask_transcript
from superserve_tui.protocol import CallState, ToolCall

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
PEM = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"

MASK = re.compile(rf"\[(?:{'|'.join(SecretKind)})-[0-9]+\]")

KEYS = [
    "sk-ant-api03-abcdefghijklmnop",
    "sk_live_abcdefghijklmnop",
    "ss_abcdefghijklmnop",
    "ss_9abc-def_ghi",
    "ghp_abcdefghijklmnopqrst",
    "github_pat_abcdefghijklmnopqrst",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-1234567890-abcdef",
    "AIza" + "x" * 35,
    "hf_abcdefghijklmnopqrst",
]

# Each text, and what of it is a secret of that kind.
SAMPLES = [
    (SecretKind.JWT, "cookie eyJhbGciOiJI.eyJzdWIiOiIx.sig-na_ture, more", "eyJhbGciOiJI.eyJzdWIiOiIx.sig-na_ture"),
    (SecretKind.PRIVATE_KEY, f"before\n{PEM}\nafter", PEM),
    (SecretKind.PRIVATE_KEY, "-----BEGIN PRIVATE KEY-----\nMIIE\nAB==\n\nIt was cut.", None),
    (SecretKind.AUTHORIZATION, "Authorization: Bearer abc123def456", "abc123def456"),
    (SecretKind.AUTHORIZATION, "curl -H 'authorization: Basic dXNlcjpwYXNz' x", "dXNlcjpwYXNz"),
    (SecretKind.AUTHORIZATION, "send bearer abcdefghijklmnop.qr now", "abcdefghijklmnop.qr"),
    (SecretKind.PASSWORD, "password=letmein", "letmein"),
    (SecretKind.PASSWORD, "DB_PASSWORD: 'let me in'", "let me in"),
    (SecretKind.PASSWORD, '{"api_key": "abcdef"}', "abcdef"),
    (SecretKind.PASSWORD, '{\\"secret\\": \\"abcdef\\"}', "abcdef"),
    (SecretKind.PASSWORD, "token = abc123", "abc123"),
    (SecretKind.PASSWORD, "X-Api-Key: abc123", "abc123"),
    (SecretKind.PASSWORD, "postgres://me:p4ss@db.example/x", "p4ss"),
    (SecretKind.EMAIL, "write to ada@example.org.", "ada@example.org"),
    (SecretKind.EMAIL, "<first.last+tag@mail.example.co.uk>", "first.last+tag@mail.example.co.uk"),
    (SecretKind.HOME, "in /home/ada/project", "/home/ada"),
    (SecretKind.HOME, "file:///Users/ada/x", "/Users/ada"),
    (SecretKind.HOME, "C:\\Users\\ada\\x", "C:\\Users\\ada"),
    (SecretKind.HOME, "It is in /home/ada.", "/home/ada"),
]

HARMLESS = [
    "a sentence about a password: a word that nobody should know",
    "def f(password: str, token=None, api_key=self.api_key) -> token: ...",
    "password = get_password()",
    "API_KEY=$API_KEY password=${PASSWORD} token=<your token> secret=[password-1]",
    "max_tokens=100 tokens: 1234",
    "Bearer tokens are used",
    "ss_some_variable_name sk-short ghp_short",
    "icon@2x.png git@github.com:ada/x.git @someone a@b",
    "/mnt/home/ada /home/ ~/home/ada",
    "eyJ.not.one",
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "https://example.org:8080/path",
]


def masked(text: str, *kinds: SecretKind) -> str:
    return Masker(kinds or SecretKind).mask(text)


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_known_shapes_are_found_whole(key: str) -> None:
    assert masked(f"use {key}, please") == "use [key-1], please"
    assert masked(f"k={key}") == "k=[key-1]"


@pytest.mark.parametrize(("kind", "text", "secret"), SAMPLES)
def test_each_kind_is_found_and_nothing_around_it(kind: SecretKind, text: str, secret: str | None) -> None:
    (found,) = find_secrets(text)
    assert found.kind is kind
    assert secret is None or text[found.start : found.end] == secret


def test_a_key_that_was_cut_off_is_masked_up_to_where_words_begin() -> None:
    assert masked("-----BEGIN PRIVATE KEY-----\nMIIE\nAB==\n\nIt was cut.") == "[private-key-1]\n\nIt was cut."


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_a_little_like_one_is_left_alone(text: str) -> None:
    assert masked(text) == text


def test_the_same_text_has_the_same_mask_and_another_one_another() -> None:
    masker = Masker(SecretKind)
    assert masker.mask("a@b.cc, d@e.ff") == "[email-1], [email-2]"
    assert masker.mask("d@e.ff /home/ada") == "[email-2] [home-1]"
    assert masker.counts() == (SecretCount(SecretKind.EMAIL, 3, 2), SecretCount(SecretKind.HOME, 1, 1))


def test_only_the_kinds_that_were_chosen_are_masked() -> None:
    text = "a@b.cc in /home/ada with sk-abcdefghijklmnopqr"
    assert masked(text, SecretKind.HOME) == "a@b.cc in [home-1] with sk-abcdefghijklmnopqr"


@given(st.text(), st.sampled_from([text for _, text, _ in SAMPLES] + KEYS), st.text())
def test_text_that_is_not_masked_stays_byte_for_byte(before: str, secret: str, after: str) -> None:
    text = before + secret + after
    found = find_secrets(text)
    starts, ends = [each.start for each in found], [each.end for each in found]
    rest = [text[left:right] for left, right in zip([0, *ends], [*starts, len(text)], strict=True)]
    assert MASK.split(masked(text)) == rest


@given(st.lists(st.sampled_from([text for _, text, _ in SAMPLES] + KEYS + HARMLESS), max_size=6))
def test_places_are_in_order_and_none_is_within_another(texts: list[str]) -> None:
    found = find_secrets(" ".join(texts))
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(("_kind", "text", "_secret"), SAMPLES)
def test_masking_twice_is_masking_once(_kind: SecretKind, text: str, _secret: str | None) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("reach", [0, 1, 12, 40])
def test_what_lies_across_two_windows_of_a_long_text_is_found_once(reach: int) -> None:
    email, jwt = "ada.lovelace@mail.example.org", f"eyJhbGciOiJI.{'x' * 16_000}.{'y' * 4_000}"
    before = " ".join(["word"] * 40_000)[: 131_072 - reach]
    for secret in (email, jwt):
        text = f"{before} {secret} {before} {secret}"
        assert [text[each.start : each.end] for each in find_secrets(text)] == [secret, secret]


def test_json_is_masked_by_its_names_too() -> None:
    value = {
        "password": "hunter",
        "headers": {"Authorization": "Bearer abcdefghijklmnop1"},
        "to": ["a@b.cc", 1, None, True],
        "note": "hunter",
        "token": "<your token>",
    }
    assert Masker(SecretKind).mask_json(value) == {
        "password": "[password-1]",
        "headers": {"Authorization": "Bearer [authorization-1]"},
        "to": ["[email-1]", 1, None, True],
        "note": "hunter",
        "token": "<your token>",
    }


def test_a_transcript_is_masked_wherever_an_export_shows_it() -> None:
    session = Session(id="0" * 32, profile="local", agent="echo", created_at=BEGAN, title="for a@b.cc")
    call = ToolCall(0, "mail", {"to": "a@b.cc"}, CallState.COMPLETED, text_offset=0, started_ms=0)
    turn = Turn(
        id="t",
        number=1,
        prompt="a@b.cc",
        created_at=BEGAN,
        text="a@b.cc!",
        error="no a@b.cc",
        calls=(call,),
        max_turns_message="a@b.cc",
    )
    masker = Masker(SecretKind)
    seen, (shown,) = mask_transcript(session, [turn], masker)
    assert seen.title == "for [email-1]"
    assert (shown.prompt, shown.text, shown.error, shown.max_turns_message) == (
        "[email-1]",
        "[email-1]!",
        "no [email-1]",
        "[email-1]",
    )
    assert shown.calls[0].input == {"to": "[email-1]"}
    assert count_secrets(session, [turn]) == masker.counts() == (SecretCount(SecretKind.EMAIL, 6, 1),)
    assert mask_transcript(session, [turn], Masker(())) == (session, (turn,))


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "a@", "a_", "a.b_", "eyJ-", "ss_-", "://a:", "password:", "authorization:", "bearer ", "/home/a"],
)
def test_a_long_text_costs_time_in_proportion(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        began = time.process_time()
        find_secrets(text)
        return time.process_time() - began

    # By the square, the second would take 64 times as long as the first.
    assert seconds(800_000) < 24 * max(seconds(100_000), 0.03)
