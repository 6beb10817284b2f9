"""What was talked about: pronouns, lists, choices, going on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.agents.workspace.project_tree import ask, talk


@pytest.mark.parametrize(
    "follow_up",
    [
        "and how long is that file?",
        "how many lines does it have?",
        "how long is it",
        "what is the size of this file?",
    ],
)
def test_it_is_the_file_talked_about_last(project: Path, follow_up: str) -> None:
    text = ask(project, "what does src/main.py do?", follow_up).text
    assert text.startswith("`src/main.py` has **33 lines**")


def test_show_it_after_a_search_with_one_file_shows_that_file(project: Path) -> None:
    text = ask(project, 'find "exact phrase" in *.py', "show it").text
    assert text.startswith("`src/parser.py`, 8 lines:")


def test_it_is_the_symbol_after_a_definition(project: Path) -> None:
    answer = ask(project, "where is parse_event defined?", "who uses it?")
    assert answer.text.startswith("`parse_event` is used on 4 lines")


def test_several_matches_are_offered_and_a_number_chooses(project: Path) -> None:
    question, choice = talk(project, ["how long is main.py?", "2"])
    assert "1. `src/main.py`\n2. `src/web/main.py`" in question.text
    assert "Which one?" in question.text
    assert choice.text.startswith("`src/web/main.py` has **2 lines**")


@pytest.mark.parametrize(
    ("choice", "path"),
    [
        ("the second one", "src/web/main.py"),
        ("#1", "src/main.py"),
        ("the last one please", "src/web/main.py"),
        ("web", "src/web/main.py"),
        ("the one in web", "src/web/main.py"),
        ("number 1", "src/main.py"),
        ("first", "src/main.py"),
    ],
)
def test_a_choice_may_be_put_in_words(project: Path, choice: str, path: str) -> None:
    assert ask(project, "what does main.py do?", choice).text.startswith(f"`{path}` is a Python file")


def test_a_number_out_of_range_keeps_the_offer(project: Path) -> None:
    answers = talk(project, ["explain main.py", "7", "1"])
    assert "Say a number from 1 to 2" in answers[1].text
    assert answers[2].text.startswith("`src/main.py`")


def test_another_question_drops_the_offer(project: Path) -> None:
    answers = talk(project, ["explain main.py", "what is parser.py?", "2"])
    assert answers[2].text.startswith("`src/web/main.py` is")  # the list is still there, to be explained


def test_a_list_can_be_walked(project: Path) -> None:
    answers = talk(project, ["find *.md", "the first one", "next", "next", "previous", "the last one"])
    starts = [answer.text.split(" is ")[0] for answer in answers[1:]]
    assert starts[0] == "`README.md`"
    assert starts[1] == "`docs/guide.md`"
    assert "last one of the list" in answers[3].text
    assert starts[3] == "`README.md`"
    assert starts[4] == "`docs/guide.md`"


def test_what_about_repeats_the_question(project: Path) -> None:
    answers = talk(project, ["how long is README.md?", "and src/config.py?", "what about the guide?"])
    assert answers[1].text.startswith("`src/config.py` has **1 line**")
    assert answers[2].text.startswith("`docs/guide.md` has **5 lines**")


def test_what_about_repeats_a_search_and_a_count(project: Path) -> None:
    answers = talk(project, ["find TODO in src", "and Oslo?", "how many lines of Python?", "and TypeScript?"])
    assert "`src/config.py:1`" in answers[1].text
    assert "settings.yaml" not in answers[1].text
    assert "**9 lines of TypeScript**" in answers[3].text


def test_more_goes_on_where_a_long_file_was_cut(project: Path) -> None:
    answers = talk(project, ["show data/big.csv", "more", "show README.md", "more"])
    assert "lines 1–200 of 901:" in answers[0].text
    assert "701 lines are left out; say `more` to go on." in answers[0].text
    assert "lines 201–400 of 901:" in answers[1].text
    assert "nothing more to show" in answers[3].text


def test_a_slip_of_the_pen_is_offered_and_yes_takes_it(project: Path) -> None:
    answers = talk(project, ["show setings.yaml", "yes"])
    assert "Did you mean `config/settings.yaml`?" in answers[0].text
    assert answers[1].text.startswith("`config/settings.yaml`, 4 lines:")


@pytest.mark.parametrize("question", ["how long is it?", "the second one", "next", "who uses it?", "more"])
def test_a_reference_to_nothing_is_said(project: Path, question: str) -> None:
    answer = ask(project, question)
    assert answer.tools == []
    assert answer.text.strip()


def test_this_is_the_project_where_no_file_was_named(project: Path) -> None:
    assert "This is **`weather-desk`**" in ask(project, "what is this?").text


def test_two_sessions_remember_apart(project: Path) -> None:
    ask(project, "what does src/main.py do?")
    assert "don't know yet" in ask(project, "how long is it?").text


def test_how_to_connect_a_model_is_told_at_length_once(project: Path) -> None:
    first, second = talk(project, ["write a poem", "translate it"])
    assert "```python" in first.text
    assert "```" not in second.text
    assert "superserve-tui agent.py" in second.text
    assert "[agents.NAME]" in second.text
