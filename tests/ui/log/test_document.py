"""A transcript's model: what is shown, where the reader is, and what a frame costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superserve_tui.domain import TurnState
from superserve_tui.protocol import CallState
from superserve_tui.ui.actions import ACTIONS, key_name
from superserve_tui.ui.widgets.log import Cursor, LogDocument, Part
from superserve_tui.ui.widgets.log.frame import WAYS_ON
from superserve_tui.ui.widgets.log.layout import Place
from superserve_tui.ui.widgets.log.selecting import text_between
from tests.support.log_stage import document_of, make_call, make_turn, palette, rows_of

RUNNING = TurnState.STREAMING


def _answer(document: LogDocument) -> list[str]:
    """The rows between the agent's name and the footer."""
    rows = rows_of(document)
    return rows[rows.index("workspace") + 1 : -2]


def test_a_turn_reads_from_message_to_footer() -> None:
    call = make_call(offset=9)
    document = document_of(make_turn(text="First it\n\nThen it.", prompt="ask\n  indented", calls=(call,)))
    rows = rows_of(document)

    assert rows[1].startswith("You · ")
    assert rows[2:] == [
        "▌ ask",
        "▌   indented",
        "",
        "workspace",
        "First it",
        "",
        "✓ read_file README.md · 12 ms",
        "",
        "Then it.",
        "",
        "✓ 3.4 s · 1 tool",
    ]


@pytest.mark.parametrize(("prompt", "said"), [("ask", "turn 1 again"), ("ask better", "revises turn 1")])
def test_a_message_sent_again_says_which_it_is(prompt: str, said: str) -> None:
    first = make_turn(1, prompt="ask")
    rows = rows_of(document_of(first, replace(make_turn(2, prompt=prompt), revises=first.id)))

    assert [row.endswith(f" · {said}") for row in rows if row.startswith("You · ")] == [False, True]


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        (TurnState.STOPPED, None, ["■ stopped · 3.4 s · 0 tools"]),
        (TurnState.CANCELLED, None, ["■ cancelled · 3.4 s · 0 tools"]),
        (TurnState.INTERRUPTED, None, ["interrupted", WAYS_ON[TurnState.INTERRUPTED], "3.4 s · 0 tools"]),
        (
            TurnState.INTERRUPTED,
            "no data",
            ["interrupted: no data", WAYS_ON[TurnState.INTERRUPTED], "3.4 s · 0 tools"],
        ),
        (TurnState.UNKNOWN, None, ["unknown", WAYS_ON[TurnState.UNKNOWN], "3.4 s · 0 tools"]),
        (TurnState.FAILED, "too\x1b[31m hot", ["failed: too hot", WAYS_ON[TurnState.FAILED], "3.4 s · 0 tools"]),
        (TurnState.FAILED, None, ["failed: no reason given", WAYS_ON[TurnState.FAILED], "3.4 s · 0 tools"]),
    ],
)
def test_the_footer_says_how_a_turn_ended(state: TurnState, error: str | None, said: list[str]) -> None:
    rows = rows_of(document_of(make_turn(text="x", state=state, error=error)))

    assert rows[-len(said) :] == said


def test_an_errors_lines_stand_below_each_other_as_they_were_written() -> None:
    error = 'it ended: E: gone\nTraceback:\n\n  File "a.py"\x1b[2J\n\traise\nE: gone'
    rows = rows_of(document_of(make_turn(text="x", state=TurnState.FAILED, error=error)))

    assert rows[-7:-2] == ["failed: it ended: E: gone", "Traceback:", '  File "a.py"', "    raise", "E: gone"]


def test_an_error_of_many_lines_takes_few_rows() -> None:
    error = "\n".join(map(str, range(20)))
    rows = rows_of(document_of(make_turn(text="x", state=TurnState.FAILED, error=error), width=60))

    assert rows[-10:-2] == ["failed: 0", *map(str, range(1, 7)), " ".join(map(str, range(7, 20)))]


def test_what_a_turn_that_went_wrong_offers_are_the_keys_of_the_table() -> None:
    keys = {action.id: key_name(action.keys[0]) for action in ACTIONS if action.keys}

    assert f"{keys['session.log']} agent's log" in WAYS_ON[TurnState.FAILED]
    assert all(f"{keys['log.retry']} last message again" in words for words in WAYS_ON.values())


def test_the_footer_says_that_the_limit_of_steps_was_reached() -> None:
    rows = rows_of(document_of(make_turn(text="x", max_turns_message="after 10")))

    assert "max turns reached: after 10" in rows


def test_a_queued_turn_has_no_answer_yet() -> None:
    rows = rows_of(document_of(make_turn(state=TurnState.QUEUED)))

    assert rows[-1] == "◌ queued"
    assert "workspace" not in rows


def test_a_running_turn_tells_the_time_and_the_status() -> None:
    now = [100.0]
    document = LogDocument("session", agent="workspace", clock=lambda: now[0])
    document.resize(60, palette())
    document.set_turn(make_turn(state=RUNNING))
    document.set_status("thinking")
    assert rows_of(document)[-1] == "⠋ 0 s · thinking"

    now[0] += 75
    assert rows_of(document)[-1] == "⠋ 1m 15s · thinking"

    now[0] -= 500
    document.set_status("")
    assert rows_of(document)[-1] == "⠋ 0 s"


def test_text_that_streams_reads_as_text_that_is_loaded() -> None:
    text = "# T\n\n- a\n- **b**\n\n```py\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    text += "end\x1b[1mbold\r\nnext \u2028line"
    streamed = document_of(make_turn(state=RUNNING))
    for sign in text:
        streamed.append_text(make_turn().id, sign)
        streamed.sync()
        streamed.lines(20)
    streamed.set_turn(make_turn(text=text))

    assert rows_of(streamed) == rows_of(document_of(make_turn(text=text)))


def test_a_control_sequence_cut_in_two_never_shows() -> None:
    document = document_of(make_turn(state=RUNNING))
    shown: list[str] = []
    for piece in ("a\x1b", "]52;c;aGk=", "\x07b\x1b[3", "1mc\x9b3", "1md"):
        document.append_text(make_turn().id, piece)
        shown.append(_answer(document)[0])

    assert shown == ["a", "a", "ab", "abc", "abcd"]


def test_text_after_a_sequence_without_end_is_not_swallowed() -> None:
    document = document_of(make_turn(state=RUNNING))
    document.append_text(make_turn().id, "a\x1b]52;c;readable")
    rows_of(document)
    document.set_turn(make_turn(text="a\x1b]52;c;readable"))

    assert _answer(document) == ["a]52;c;readable"]


def test_calls_of_one_tool_share_a_row_and_others_do_not() -> None:
    calls = [make_call(index) for index in range(12)] + [make_call(12, name="grep", said="x\x1b[2J")]
    document = document_of(make_turn(calls=tuple(calls)))

    assert _answer(document) == ["✓ read_file ×12 · 144 ms", "✓ grep x · 12 ms"]


def test_a_call_stands_where_it_began_and_is_updated_there() -> None:
    document = document_of(make_turn(state=RUNNING))
    turn_id = make_turn().id
    document.append_text(turn_id, "Look.")
    document.set_call(turn_id, make_call(offset=5, state=CallState.RUNNING))
    assert _answer(document) == ["Look.", "", "⠋ read_file README.md · running"]

    document.append_text(turn_id, "Found.")
    document.set_call(turn_id, make_call(offset=5))
    assert _answer(document) == ["Look.", "", "✓ read_file README.md · 12 ms", "", "Found."]

    document.set_call(turn_id, make_call(1, offset=11, state=CallState.INTERRUPTED))
    assert _answer(document)[-1] == "! read_file README.md · interrupted"


def test_a_call_that_arrives_after_the_text_behind_it_still_stands_in_its_place() -> None:
    document = document_of(make_turn(state=RUNNING))
    turn_id = make_turn().id
    document.append_text(turn_id, "Look.Found.")
    rows_of(document)
    document.set_call(turn_id, make_call(offset=5))

    assert _answer(document) == ["Look.", "", "✓ read_file README.md · 12 ms", "", "Found."]


def test_a_new_server_session_has_a_divider() -> None:
    rows = rows_of(document_of(make_turn(1), make_turn(2, server_id="ses_0123456789abcdef")))

    assert sum("new session · 0123456789ab " in row for row in rows) == 1


def test_a_server_session_that_is_made_for_a_turn_has_a_divider_once_it_is_known() -> None:
    document = document_of(make_turn(1), make_turn(2, server_id=None, state=RUNNING))
    rows_of(document)
    document.set_turn(make_turn(2, server_id="ses_0123456789abcdef", state=RUNNING))

    assert sum("new session · 0123456789ab " in row for row in rows_of(document)) == 1


def test_a_text_that_is_replaced_is_shown_anew() -> None:
    document = document_of(make_turn(text="old"))
    rows_of(document)
    document.set_turn(make_turn(text="another text"))

    assert _answer(document) == ["another text"]


def test_a_removed_turn_is_gone_and_the_others_stay() -> None:
    document = document_of(
        make_turn(1, "one"), make_turn(2, "two", state=TurnState.COMPLETED), make_turn(3, "three")
    )
    rows_of(document)
    document.cursor = Cursor(make_turn(2).id, Part.ANSWER)
    document.remove_turn(make_turn(2).id)
    rows = rows_of(document)

    assert "two" not in rows
    assert {"one", "three"} <= set(rows)
    assert document.cursor is None


def test_folding_shows_one_row_and_unfolding_all() -> None:
    document = document_of(make_turn(text="**One** two\n\n- three"))
    before = rows_of(document)
    document.fold(make_turn().id, is_folded=True)
    assert _answer(document) == ["▸ 3 lines · One two - three"]

    document.fold(make_turn().id, is_folded=False)
    assert rows_of(document) == before


def test_a_folded_answer_that_goes_on_stays_folded() -> None:
    document = document_of(make_turn(state=RUNNING))
    document.fold(make_turn().id, is_folded=True)
    document.append_text(make_turn().id, "one\ntwo\n")
    assert _answer(document)[0].startswith("▸ 3 lines")

    document.fold(make_turn().id, is_folded=False)
    assert _answer(document) == ["one", "two"]


def test_the_source_of_a_message_is_its_text_cleaned() -> None:
    document = document_of(make_turn(text="**b**\n\n| a |\x1b[31m", prompt="*p*"))

    assert document.source(Cursor(make_turn().id, Part.ANSWER)) == "**b**\n\n| a |"
    assert document.source(Cursor(make_turn().id, Part.PROMPT)) == "*p*"


def test_code_is_copied_exactly_whatever_cuts_it() -> None:
    code = "".join(f"line {number}\t= {{}}\n" for number in range(200)) + "y" * 9000 + " z\n\n  end"
    text = f"a\n\n1. in a list\n\n   ```py\n   deep\n   ```\n\n```\n{code}\n```\n"
    offset = text.index("line 100") + 3
    document = document_of(make_turn(text=text, calls=(make_call(offset=offset),)))

    assert [found[1] for found in document.fences(0)] == ["deep", code]


def test_a_reader_at_the_end_stays_there_and_another_keeps_the_place() -> None:
    document = document_of(make_turn(1, "word\n\n" * 50), make_turn(2, state=RUNNING))
    document.lines(10)
    document.scroll_rows(-7, 10)
    assert document.anchor != Place(0, 0, 0)
    top, before = document.lines(10)

    document.append_text(make_turn(2).id, "more\n\n" * 20)
    document.sync()

    assert document.lines(10) == (top, before)
    assert document.unseen_rows() > 30
    document.scroll_rows(1000, 10)
    assert document.follow
    assert document.unseen_rows() == 0


def test_scrolling_back_over_unseen_turns_moves_by_rows() -> None:
    def answer(number: int) -> str:
        words = " ".join(f"internationalisation-{number}-{word}" for word in range(30))
        return "- item\n" * (number % 7) + words

    turns = [make_turn(number, answer(number)) for number in range(1, 60)]
    every = rows_of(document_of(*turns), 100_000)
    fresh = document_of(*turns)
    fresh.lines(12)
    for _ in range(30):
        fresh.scroll_rows(-5, 12)
    top, lines = fresh.lines(12)
    shown = ["".join(piece.text for piece in line.row.segments).rstrip() if line.row else "" for line in lines]

    end = len(every) - 150
    assert shown == every[end - 12 : end]
    assert fresh.layout.y_of(top) <= fresh.layout.total


def test_rows_of_the_transcript_and_places_agree_once_all_is_seen() -> None:
    turns = [make_turn(number, "- item\n" * number + "internationalisation " * 30) for number in range(1, 9)]
    document = document_of(*turns)
    _, lines = document.lines(100_000)

    assert document.layout.total == len(lines)
    assert [document.layout.y_of(line.place) for line in lines] == list(range(len(lines)))
    assert [document.layout.place_at(row) for row in range(len(lines))] == [line.place for line in lines]


def test_what_the_reader_has_scrolled_down_to_is_seen() -> None:
    document = document_of(make_turn(1, "word\n\n" * 50), make_turn(2, state=RUNNING))
    document.lines(10)
    document.scroll_rows(-2, 10)
    document.append_text(make_turn(2).id, "more\n\n" * 20)
    document.sync()
    document.lines(10)
    before = document.unseen_rows()
    document.scroll_rows(12, 10)
    document.lines(10)

    assert before > 30
    assert before - 12 <= document.unseen_rows() <= before - 10


def test_a_place_survives_another_width() -> None:
    document = document_of(*(make_turn(number, "many words " * 40) for number in range(1, 40)))
    document.lines(10)
    document.scroll_rows(-100, 10)
    top, _ = document.lines(10)

    document.resize(35, palette())
    again, lines = document.lines(10)

    assert again[:2] == top[:2]
    assert lines[0].place.turn == top.turn


def test_a_selection_is_what_can_be_seen_without_frames_and_wraps() -> None:
    text = "Some **bold** words that are longer than a row is wide here.\n\n- item\n\n> quote\n\n"
    text += "```\n\tcode  x\n```\n\n|a|b|\n|-|-|\n|1|2|"
    document = document_of(make_turn(text=text), width=24)
    rows_of(document)
    blocks = document.turns[0].blocks
    start = (Place(0, document.turns[0].answer_at + 1, 0), 5)

    assert text_between(document, start, (Place(0, len(blocks) - 2, 0), 100)) == (
        "bold words that are longer than a row is wide here.\n\n• item\n\nquote\n\n\tcode  x\n\na\tb\n1\t2"
    )


class TestCost:
    """Counted, not timed."""

    @pytest.mark.parametrize(
        ("lead", "piece"),
        [
            ("", "Some **bold** words and `code`.\n\n"),
            ("```py\n", "value = compute(a, b)\n"),
            ("", "- an item of a list\n"),
            ("| a | b |\n|---|---|\n", "| one | two |\n"),
            ("", "words without an end "),
        ],
    )
    def test_a_frame_renders_the_open_end_only(self, lead: str, piece: str) -> None:
        counts = []
        for size in (5_000, 100_000):
            document = document_of(make_turn(state=RUNNING), width=100)
            document.append_text(make_turn().id, lead + piece * (size // len(piece)))
            document.lines(40)
            document.sync(None)
            document.lines(40)
            before = document.layout.rendered_blocks
            for _ in range(20):
                document.append_text(make_turn().id, piece)
                document.sync()
                document.lines(40)
            counts.append(document.layout.rendered_blocks - before)

        assert counts[1] <= counts[0] * 1.3
        assert counts[1] <= 20 * 5

    def test_a_long_session_is_opened_by_the_screenful(self) -> None:
        document = document_of(*(make_turn(number, "para\n\n" * 20) for number in range(1, 1001)))
        document.sync()
        document.lines(40)

        assert sum(view.is_open for view in document.turns) <= 3
        assert document.layout.rendered_blocks <= 60

    def test_a_transcript_that_leaves_the_screen_keeps_a_screenful_or_two(self) -> None:
        document = document_of(*(make_turn(number, text="word\n\n" * 40) for number in range(1, 40)))
        document.resize(60, palette())
        document.lines(40)
        while document.layout.rendered_blocks < 1000:
            document.scroll_rows(-40, 40)
            document.lines(40)
        document.hide(40)
        kept = [block for view in document.turns for block in view.blocks if block.rows is not None]
        before = document.layout.rendered_blocks
        document.lines(40)

        assert 40 < sum(len(block.rows or ()) for block in kept) <= 120
        assert document.layout.rendered_blocks == before

    @pytest.mark.parametrize("rows_up", [0, 200, 2000])
    def test_turns_far_from_the_reader_give_up_their_blocks_when_it_leaves_the_screen(self, rows_up: int) -> None:
        document = document_of(*(make_turn(number, text="word\n\n" * 40) for number in range(1, 100)))
        document.resize(60, palette())
        document.lines(40)
        while document.layout.rendered_blocks < 3000:
            document.scroll_rows(-40, 40)
            document.lines(40)
        document.to_end()
        document.lines(40)
        document.scroll_rows(-rows_up, 40)
        before = document.top(40), rows_of(document, 40)
        unseen = document.unseen_rows()
        document.hide(40)

        assert sum(view.is_open for view in document.turns) <= 5
        assert sum(bool(view.blocks) for view in document.turns) <= 5
        assert (document.top(40), rows_of(document, 40)) == before
        assert document.unseen_rows() == unseen or rows_up > 200  # between turns far apart it is an estimate

    def test_a_transcript_can_leave_the_screen_before_it_was_drawn(self) -> None:
        document = LogDocument("session")
        document.hide(40)
        document.set_turn(make_turn(1, text="word", state=RUNNING))
        document.hide(40)
        document.resize(60, palette())
        document.hide(40)

        assert "word" in rows_of(document)

    def test_a_turn_that_runs_hidden_is_whole_when_it_is_looked_at_again(self) -> None:
        turns = [make_turn(number, text="word\n\n" * 40) for number in range(1, 20)]
        document = document_of(*turns, make_turn(20, state=RUNNING))
        document.resize(60, palette())
        document.append_text(make_turn(20).id, "first\n\n")
        document.sync()
        document.scroll_to(Place(0, 0, 0), 40)
        document.lines(40)
        document.hide(40)
        document.append_text(make_turn(20).id, "second")
        document.sync()
        document.to_end()
        shown = rows_of(document, 40)

        assert [row.strip() for row in shown if "first" in row or "second" in row] == ["first", "second"]

    def test_text_for_a_session_that_is_not_on_screen_is_only_kept(self) -> None:
        document = LogDocument("session")
        document.set_turn(make_turn(state=RUNNING))
        for _ in range(1000):
            document.append_text(make_turn().id, "word ")

        assert not document.turns[0].is_open
        assert document.layout.rendered_blocks == 0
        assert document.turns[0].text == "word " * 1000

    def test_a_flood_is_parsed_over_several_frames(self) -> None:
        document = document_of(make_turn(state=RUNNING))
        document.lines(20)
        document.append_text(make_turn().id, "word " * 200_000)
        frames = 0
        while document.sync():
            frames += 1

        assert frames >= 5
        assert document.source(Cursor(make_turn().id, Part.ANSWER)) == "word " * 200_000

    def test_a_huge_answer_from_the_store_is_opened_over_several_frames(self) -> None:
        text = "a line\n\n" * 50_000
        document = document_of(make_turn(1, text), make_turn(2, "short\n\n" * 30))
        document.scroll_to(Place(0, 0, 0), 20)
        document.lines(20)
        assert document.is_behind
        assert len(document.turns[0].blocks) < 10_000

        while document.sync():
            pass
        assert len(document.turns[0].blocks) > 50_000

    def test_a_reader_who_sees_a_huge_answer_from_below_keeps_the_place_while_it_is_opened(self) -> None:
        document = document_of(make_turn(1, "a line\n\n" * 50_000), make_turn(2, "short"))
        document.lines(5)
        document.scroll_rows(-8, 5)
        _, before = document.lines(5)
        while document.sync():
            pass

        assert [line.row for line in document.lines(5)[1]] == [line.row for line in before]

    def test_looking_into_a_huge_answer_sees_all_of_it(self) -> None:
        text = "a line\n\n" * 20_000 + "```\ncode\n```\n\nthe end"
        document = document_of(make_turn(1, text))
        document.lines(5)

        assert [found[1] for found in document.fences(0)] == ["code"]
        assert text_between(document, None, None).count("a line") == 20_000


def test_of_a_huge_answer_the_end_is_shown_and_all_of_it_kept() -> None:
    text = "".join(f"{number:<99}\n" for number in range(70_000))
    document = document_of(make_turn(text=text))
    rows_of(document, 12)  # opens it
    assert rows_of(document, 12)[-3] == "69999"
    document.scroll_to(Place(0, 0, 0), 12)
    head = rows_of(document, 12)
    assert [row for row in head if row.startswith("…")] == ["… 5,000,100 characters above; x exports all"]
    assert "50001" in head
    view = document.view_of(make_turn().id)
    assert view is not None
    assert view.text == text
    assert document.source(Cursor(make_turn().id, Part.ANSWER)) == text


def test_an_answer_that_grows_huge_goes_on_being_followed() -> None:
    document = document_of(make_turn(text="", state=RUNNING))
    for number in range(75):
        document.append_text(make_turn().id, f"{number:<99}\n" * 1000)
        rows_of(document, 12)
        assert str(number) in [row.strip() for row in rows_of(document, 12)]
    assert document.layout.total < 60_000


def test_calls_of_what_is_left_out_stand_above_what_is_shown() -> None:
    text = "".join(f"{number:<99}\n" for number in range(70_000))
    calls = (make_call(0, offset=1000), make_call(1, name="grep", offset=len(text)))
    document = document_of(make_turn(text=text, calls=calls))
    document.scroll_to(Place(0, 0, 0), 12)
    assert any("read_file" in row for row in rows_of(document, 12))
    document.to_end()
    assert any("grep" in row for row in rows_of(document, 12))


def test_what_is_pending_is_parsed_in_pieces_of_any_size() -> None:
    text = "# Head\n\nsome *words* and `code`\n\n- one\n- two\n" * 5
    whole = rows_of(document_of(make_turn(text=text, state=RUNNING)))
    for budget in (1, 7, 50):
        document = document_of(make_turn(text="", state=RUNNING))
        rows_of(document)
        for at in range(0, len(text), 3):
            document.append_text(make_turn().id, text[at : at + 3])
        while document.sync(budget):
            pass
        assert rows_of(document) == whole
