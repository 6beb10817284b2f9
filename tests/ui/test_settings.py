"""The config file from within the app: edited, checked, and put in force as far as that goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from superserve_tui.config import TEMPLATE, AgentConfig, Config, LoadedConfig, NotifyConfig
from superserve_tui.domain import SessionState
from superserve_tui.engine import KeepSessions, Quit
from superserve_tui.ui.screens import settings_actions
from superserve_tui.ui.settings import problems_of, recheck
from superserve_tui.ui.themes import DEFAULT_THEME
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session

Edit = Callable[[Path], object]
SESSIONS = tuple(
    make_session(
        f"talk {agent}", id=f"{agent:a>32}", agent=agent, state=SessionState.IDLE, created_at=ManualClock().now()
    )
    for agent in ("alpha", "beta")
)


def test_what_the_screen_lives_by_counts_at_once_and_the_rest_at_the_next_start() -> None:
    agents = {"one": AgentConfig("one", command="x")}
    after = Config(theme="nord", keys={"session.new": "f10"}, idle_timeout=60, agents=agents)

    checked = recheck(Config(notify=NotifyConfig(bell=False)), LoadedConfig(Path("c"), after))

    assert set(checked.applied) == {"theme", "keys", "notify"}
    assert set(checked.later) == {"idle_timeout", "agents"}
    assert checked.config == Config(theme="nord", keys={"session.new": "f10"})


def test_a_file_that_can_not_be_read_changes_nothing() -> None:
    before = Config(theme="nord")

    checked = recheck(before, LoadedConfig(Path("c"), is_readable=False))

    assert (checked.config, checked.applied, checked.later) == (before, (), ())


def test_a_theme_that_is_not_there_is_a_problem() -> None:
    loaded = LoadedConfig(Path("c"), Config(theme="nrod"))

    (problem,) = problems_of(loaded, ["nord"])
    assert str(problem) == "c: theme: there is no such theme; did you mean nord?"
    assert problems_of(loaded, ["nrod"]) == ()


@contextmanager
def _editor(monkeypatch: pytest.MonkeyPatch, *edits: Edit) -> Iterator[None]:
    """An editor that does these, one after the other: no terminal can be lent here."""
    left = list(edits)
    monkeypatch.setattr(settings_actions, "edit_file", lambda _app, path: left.pop(0)(path))
    yield
    assert left == []


def _headings(desk: OpenedApp) -> list[str]:
    return [row.heading for row in desk.sidebar.rows if row.heading]


def _writes(text: str) -> Edit:
    return lambda path: path.write_text(text)


async def _config(desk: OpenedApp) -> None:
    await desk.press("ctrl+p")
    await desk.type("config")
    await desk.press("enter")
    await desk.settle()


async def test_the_file_is_made_with_a_template_and_goes_where_nothing_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "new" / "config.toml", []
    with _editor(monkeypatch, lambda file: seen.append(file.read_text())):
        async with opened(config_file=path) as desk:
            await _config(desk)

            assert seen == [TEMPLATE]
            assert not path.exists()
            assert "Nothing has changed" in desk.notices()[-1]


async def test_a_change_is_in_force_at_once_or_said_to_be_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    words = 'theme = "nord"\nidle_timeout = 60\n[sidebar]\ngroup_by = "agent"\n[keys]\n"app.quit" = "f10"\n'
    with _editor(monkeypatch, _writes(words), Path.unlink):
        async with opened(config_file=path, sessions=SESSIONS) as desk:
            assert "beta" not in _headings(desk)
            await _config(desk)
            assert desk.notices()[-1] == "In force: theme, sidebar, keys. At the next start: idle_timeout."
            assert desk.app.theme == "nord"
            assert {"alpha", "beta"} <= set(_headings(desk))
            await desk.press("ctrl+q")
            assert desk.engine.sent(Quit) == []
            await _config(desk)
            assert desk.app.theme == DEFAULT_THEME
            await desk.press("ctrl+q")

            assert desk.engine.sent(Quit) == [Quit(keep=False)]


@pytest.mark.parametrize("is_kept", [False, True])
async def test_what_becomes_of_the_sessions_is_told_to_the_engine_for_ends_that_ask_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    """A signal. What the command line says stands above the file."""
    path = tmp_path / "config.toml"
    with _editor(monkeypatch, _writes('on_quit = "keep"\n'), _writes('theme = "nord"\n')):
        async with opened(config_file=path, is_kept=is_kept) as desk:
            await _config(desk)
            await _config(desk)

            assert desk.engine.sent(KeepSessions) == ([] if is_kept else [KeepSessions(True), KeepSessions(False)])


async def test_problems_are_shown_with_their_place_and_can_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    wrong = 'them = "nord"\n[notify]\nbell = "[/]"\n[keys]\n"session.new" = "ctrl+i"\n'
    with _editor(monkeypatch, _writes(wrong), _writes('theme = "nord"\n')):
        async with opened(size=(80, 24), config_file=path) as desk:
            await _config(desk)
            seen = " ".join(desk.text().split())
            assert path.name in seen
            assert "line 1, them: unknown key" in seen
            assert "line 3, notify.bell: must be true or false" in seen
            assert 'line 5, keys."session.new": ctrl+i arrives as Tab' in seen
            await desk.press("enter")
            await desk.settle()

            assert not desk.has_dialog
            assert desk.app.theme == "nord"


async def test_a_file_that_is_not_toml_leaves_everything_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    with _editor(monkeypatch, _writes("theme = \n")):
        async with opened(config_file=path, config=Config(theme="nord")) as desk:
            await _config(desk)

            assert desk.has("is not TOML")
            assert desk.app.theme == "nord"
            assert path.read_text() == "theme = \n"


async def test_a_terminal_that_can_not_be_lent_is_said() -> None:
    async with opened(config_file=Path("/nonexistent/folder/config.toml")) as desk:
        await _config(desk)
        assert len(desk.notices()) == 1
    async with opened() as desk:
        await _config(desk)
        assert desk.notices() == ["This run has no config file."]
