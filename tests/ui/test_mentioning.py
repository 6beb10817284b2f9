"""An `@` in the composer: files to choose from, where the agent works with them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from superserve_tui.domain import SessionState
from superserve_tui.engine import SendPrompt
from superserve_tui.ui.widgets.file_popup import FilePopup
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session

FILES = ("README.md", "notes.txt", "my docs/plan.md", "src/app.py", "src/deep/application.py")
HERE = make_session(
    "here", agent="workspace", state=SessionState.IDLE, server_id="ses_1", server_url="http://127.0.0.1:1"
)


def _find(profile: str, agent: str, server_url: str | None) -> tuple[str, ...]:
    return FILES if agent == "workspace" else ()


async def _offered(desk: OpenedApp, words: str) -> None:
    """Type, and wait for the files."""
    await desk.type(words)
    await desk.until(lambda: desk.main.query_one(FilePopup).display, "files are offered")
    await desk.settle()


async def _looked(desk: OpenedApp) -> None:
    """Until everything that was asked for has been looked for."""
    await desk.app.workers.wait_for_complete()
    await desk.settle()


async def test_letters_narrow_the_files_and_enter_writes_the_likeliest() -> None:
    async with opened(find_files=_find) as desk:
        await _offered(desk, "what is in @")
        assert all(desk.has(name) for name in FILES)
        await desk.type("app")
        assert desk.has("src/app.py")
        assert not desk.has("README.md")
        await desk.press("enter")
        assert desk.composer.text == "what is in @src/app.py "
        assert not desk.has("application.py")
        await desk.type("and why?\r")
        assert [command.prompt for command in desk.engine.sent(SendPrompt)] == ["what is in @src/app.py and why?"]


@pytest.mark.parametrize("key", ["enter", "tab"])
async def test_down_and_up_choose_and_tab_takes_too(key: str) -> None:
    async with opened(find_files=_find) as desk:
        await _offered(desk, "@app")
        await desk.press("down", "up", "down", key)
        assert desk.composer.text == "@src/deep/application.py "
        assert desk.composer.has_focus


async def test_a_name_with_a_space_is_quoted() -> None:
    async with opened(find_files=_find) as desk:
        await _offered(desk, "(@plan")
        await desk.press("enter")
        assert desk.composer.text == '(@"my docs/plan.md" '


async def test_escape_closes_and_leaves_the_text_and_then_is_itself_again() -> None:
    running = make_session("here", agent="workspace", state=SessionState.RUNNING, server_id="ses_1")
    async with opened(find_files=_find) as desk:
        await desk.open(running)
        await _offered(desk, "see @re")
        await desk.press("escape")
        assert not desk.has("README.md")
        assert desk.composer.text == "see @re"
        assert not desk.has("again stops")
        await desk.type("ad")
        assert not desk.has("README.md")
        await desk.press("escape")
        assert desk.has("again stops")


@pytest.mark.parametrize("keys", [("space",), ("home",), ("backspace", "backspace"), ("ctrl+u",)])
async def test_it_closes_where_the_mention_ends(keys: tuple[str, ...]) -> None:
    async with opened(find_files=_find) as desk:
        await _offered(desk, "@r")
        await desk.press(*keys)
        assert not desk.has("README.md")
        desk.composer.put("")
        await desk.type("x\r")
        assert [command.prompt for command in desk.engine.sent(SendPrompt)] == ["x"]


async def test_it_closes_when_the_person_goes_elsewhere() -> None:
    async with opened(find_files=_find) as desk:
        await desk.open(HERE)
        await _offered(desk, "@r")
        desk.main.query_one(MessageLog).focus()
        await desk.settle()
        assert not desk.has("README.md")


@pytest.mark.parametrize("words", ["mail me@", "x@app", "a@"])
async def test_only_an_at_sign_that_begins_a_word_asks(words: str) -> None:
    asked: list[str] = []

    def find(profile: str, agent: str, server_url: str | None) -> tuple[str, ...]:
        asked.append(agent)
        return FILES

    async with opened(find_files=find) as desk:
        await desk.type(words)
        await _looked(desk)
        assert asked == []
        assert not desk.has("README.md")


async def test_an_agent_that_works_elsewhere_is_offered_nothing_and_enter_sends() -> None:
    far = make_session("far", agent="hosted", state=SessionState.IDLE, server_id="ses_2")
    async with opened(find_files=_find) as desk:
        await desk.open(far)
        await desk.type("@r")
        await _looked(desk)
        assert not desk.has("README.md")
        await desk.press("enter")
        assert [command.prompt for command in desk.engine.sent(SendPrompt)] == ["@r"]


def _asking(heard: list[tuple[str, str, str | None]]) -> Callable[[str, str, str | None], tuple[str, ...]]:
    def find(profile: str, agent: str, server_url: str | None) -> tuple[str, ...]:
        heard.append((profile, agent, server_url))
        return FILES

    return find


async def test_each_mention_looks_anew_for_the_agent_that_it_goes_to() -> None:
    heard: list[tuple[str, str, str | None]] = []
    async with opened(find_files=_asking(heard)) as desk:
        await _offered(desk, "@re")
        await desk.press("enter")
        await desk.open(HERE)
        await _offered(desk, "@no")
        assert heard == [("local", "workspace", None), ("local", "workspace", "http://127.0.0.1:1")]


async def test_a_slow_folder_holds_no_key_up_and_may_come_too_late() -> None:
    released = Event()

    def find(profile: str, agent: str, server_url: str | None) -> tuple[str, ...]:
        released.wait(10)
        return FILES

    async with opened(find_files=find) as desk:
        await desk.open(HERE)
        await desk.type("@re and more\r")
        assert [command.prompt for command in desk.engine.sent(SendPrompt)] == ["@re and more"]
        released.set()
        await _looked(desk)
        assert not desk.has("README.md")


async def test_hostile_names_are_shown_cleaned_and_written_as_what_they_are() -> None:
    name = "evil\x1b[31m\u202e\n[bold].txt"
    async with opened(find_files=lambda *_: (name, "x" * 500, "日本語" * 100)) as desk:
        await _offered(desk, "@")
        desk.rows()
        assert desk.has("[bold].txt")
        await desk.press("enter")
        assert desk.composer.text == '@"evil\\u001b[31m\\u202e\\n[bold].txt" '
        desk.rows()


@pytest.mark.parametrize("size", [(20, 5), (40, 12)])
async def test_it_fits_into_small_windows(size: tuple[int, int]) -> None:
    async with opened(size=size, find_files=_find) as desk:
        await _offered(desk, "@app")
        desk.rows()
        await desk.press("enter")
        assert desk.composer.text == "@src/app.py "
