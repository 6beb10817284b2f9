"""An export in every format: as it was sent, or with masks; and what should be known before it leaves."""

from __future__ import annotations

import json

import pytest

from superserve_tui.domain import ExportFormat, SecretCount, SecretKind, TurnState, export_session
from superserve_tui.exporting import export_transcript, mask_kinds, secret_lines
from tests.support.saved import make_call, make_session, make_turn

SESSION = make_session("for ada@example.org", id="ab" * 16)
TURN = make_turn(
    1,
    "mail ada@example.org\x1b[31m",
    text="sent from /home/ada to ada@example.org\r\n",
    state=TurnState.COMPLETED,
    calls=(make_call(input={"password": "hunter"}),),
)


@pytest.mark.parametrize("export_format", [each for each in ExportFormat if each is not ExportFormat.HTML])
def test_without_masks_the_text_is_what_was_sent(export_format: ExportFormat) -> None:
    made = export_transcript(SESSION, [TURN], export_format)
    assert made.text == export_session(SESSION, [TURN], export_format)
    assert made.masked == ()
    assert made.name == f"session-abababababab-2026-11-22{export_format.suffix}"


@pytest.mark.parametrize("export_format", ExportFormat)
def test_masks_are_the_same_throughout_one_file(export_format: ExportFormat) -> None:
    made = export_transcript(SESSION, [TURN], export_format, mask=list(SecretKind))
    assert "ada" not in made.text
    assert "hunter" not in made.text
    assert made.text.count("[email-1]") >= 3
    assert "[email-2]" not in made.text
    assert made.found == ()
    assert made.masked == (
        SecretCount(SecretKind.PASSWORD, 1, 1),
        SecretCount(SecretKind.EMAIL, 3, 1),
        SecretCount(SecretKind.HOME, 1, 1),
    )


def test_what_is_left_in_is_counted() -> None:
    made = export_transcript(SESSION, [TURN], ExportFormat.JSON, mask=[SecretKind.EMAIL])
    assert json.loads(made.text)["turns"][0]["tool_calls"][0]["input"] == {"password": "hunter"}
    assert [each.kind for each in made.found] == [SecretKind.PASSWORD, SecretKind.HOME]


def test_tools_that_are_left_out_are_not_counted() -> None:
    made = export_transcript(SESSION, [TURN], ExportFormat.MARKDOWN, with_tools=False)
    assert "hunter" not in made.text
    assert SecretKind.PASSWORD not in [each.kind for each in made.found]
    assert "hunter" in export_transcript(SESSION, [TURN], ExportFormat.JSON, with_tools=False).text


def test_a_page_is_not_made_by_the_domain() -> None:
    with pytest.raises(ValueError, match="exporting"):
        export_session(SESSION, [TURN], ExportFormat.HTML)


def test_kinds_are_named_by_words() -> None:
    assert mask_kinds(["email", "home"]) == {SecretKind.EMAIL, SecretKind.HOME}
    assert mask_kinds(["all"]) == set(SecretKind)
    with pytest.raises(ValueError, match="nonsense"):
        mask_kinds(["nonsense"])


def test_counts_are_told_with_the_word_that_masks_them() -> None:
    assert secret_lines([SecretCount(SecretKind.EMAIL, 3, 2), SecretCount(SecretKind.KEY, 1, 1)]) == [
        "mail address (email): 3 places, 2 different",
        "API key or token (key): 1 place",
    ]
