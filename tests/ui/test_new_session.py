"""The dialog for a new session."""

from __future__ import annotations

import pytest
from textual.containers import Vertical

from superserve_tui.config import Config
from superserve_tui.domain import AgentsListed, Problem
from superserve_tui.engine import CreateSession
from superserve_tui.protocol import Agent
from superserve_tui.ui.modals.new_session import NewSessionDialog
from superserve_tui.ui.modals.trust import TrustDialog
from tests.support.opened_app import AGENTS, opened


async def test_a_new_session_takes_agent_title_and_idle_time() -> None:
    async with opened() as desk:
        await desk.press("ctrl+n")
        await desk.press("down", "tab")
        await desk.type("A title")
        await desk.press("tab", "right")
        await desk.press("enter")

        (created,) = desk.engine.sent(CreateSession)
        assert (created.agent, created.title, created.idle_timeout_s) == ("echo", "A title", 7200)
        assert desk.main.model.current_id == created.session_id
        assert desk.has("Message echo")
        assert desk.composer.has_focus


async def test_ctrl_n_twice_starts_a_session_with_the_default_agent() -> None:
    async with opened(config=Config(default_agent="echo"), idle_timeout_s=600) as desk:
        await desk.press("ctrl+n", "ctrl+n")

        (created,) = desk.engine.sent(CreateSession)
        assert (created.agent, created.title, created.idle_timeout_s) == ("echo", None, 600)


async def test_escape_starts_nothing() -> None:
    async with opened() as desk:
        await desk.press("ctrl+n", "escape")

        assert desk.engine.sent(CreateSession) == []
        assert desk.composer.has_focus


@pytest.mark.parametrize(
    ("agent", "words", "hint"),
    [
        (Agent("agt_1", "kept", required_secrets=("A_KEY",)), "missing secret: A_KEY", "not ready: set A_KEY"),
        (
            Agent("agt_1", "kept", required_secrets=("A_KEY", "B_KEY", "C_KEY")),
            "missing secrets: A_KEY, B_KEY, C_KEY",
            "not ready: set A_KEY and 2 more",
        ),
        (
            Agent("agt_1", "kept", deps_status="failed", deps_error="no wheel"),
            "its setup failed: no wheel",
            "not ready: its setup failed",
        ),
        (Agent("agt_1", "kept", deps_status="building"), "it is not ready yet (building)", "not ready yet"),
    ],
)
async def test_an_agent_that_is_not_ready_says_why_and_starts_nothing(agent: Agent, words: str, hint: str) -> None:
    async with opened(agents=(agent,), profiles=("hosted",)) as desk:
        await desk.press("ctrl+n")
        assert desk.has(words)
        assert any(row.strip() == f"{hint}   Esc close" for row in desk.rows())
        await desk.press("enter")

        assert isinstance(desk.screen, NewSessionDialog)
        assert desk.has(f"kept can't start: {words}")
        assert desk.screen.query_one("#about").has_class("-refused")
        assert desk.engine.sent(CreateSession) == []


async def test_the_keys_say_what_enter_does_with_the_agent_under_the_cursor() -> None:
    unready = Agent("agt_3", "gpt", required_secrets=("A_KEY",))
    untrusted = Agent("agt_4", "helper", deps_status="untrusted", deps_error="it would run `python agent.py`")
    async with opened(agents=(*AGENTS, unready, untrusted)) as desk:
        await desk.press("ctrl+n")
        assert desk.has("Enter start")
        await desk.press("down", "down")
        assert not desk.has("Enter start")
        await desk.press("down")
        assert desk.has("Enter look and decide")
        await desk.press("enter")

        assert isinstance(desk.screen, TrustDialog)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_all_that_the_agent_under_the_cursor_may_do_is_shown(size: tuple[int, int]) -> None:
    may = "reads and changes this folder, runs commands with all your rights"
    model = Agent("agt_3", "llama", command=f"model llama3.2-vision-instruct at http://127.0.0.1:11434/v1 ({may})")
    many = tuple(Agent(f"agt_{number}", f"agent-{number}") for number in range(10, 30))
    async with opened(agents=(*AGENTS, model, *many), size=size) as desk:
        await desk.press("ctrl+n", "down", "down")

        words = " ".join(desk.text().split())
        assert f"model llama3.2-vision-instruct at http://127.0.0.1:11434/v1 ({may})" in words
        assert desk.has("Enter start")


@pytest.mark.parametrize("size", [(200, 50), (120, 40), (80, 24), (40, 12)])
async def test_the_dialog_stays_where_it_is_while_the_list_is_walked(size: tuple[int, int]) -> None:
    long = Agent("agt_3", "long", command="python agent.py " + "--with-an-option " * 30)
    unready = Agent("agt_4", "unready", command="python agent.py", required_secrets=("A_KEY",))
    async with opened(agents=(*AGENTS, long, unready), size=size) as desk:
        await desk.press("ctrl+n")
        box = desk.screen.query_one(Vertical)
        places = {box.region}
        for _ in range(3):
            await desk.press("down")
            places.add(box.region)

        assert len(places) == 1


async def test_what_the_row_shows_is_not_said_again_below_and_what_it_cuts_is_said_whole() -> None:
    long = Agent("agt_3", "long", command="python agent.py " + "--with-an-option " * 4)
    async with opened(agents=(*AGENTS, long), size=(80, 24)) as desk:
        await desk.press("ctrl+n", "down")
        assert sum("python echo.py" in row for row in desk.rows()) == 1
        await desk.press("down")

        assert any(row.rstrip().endswith("…") and "long" in row for row in desk.rows())
        assert "--with-an-option " * 3 + "--with-an-option" in " ".join(desk.text().split())


@pytest.mark.parametrize(("columns", "width"), [(40, 40), (70, 64), (80, 72), (100, 90), (200, 100)])
async def test_a_wider_window_has_a_wider_dialog(columns: int, width: int) -> None:
    async with opened(size=(columns, 40)) as desk:
        await desk.press("ctrl+n")

        assert desk.screen.query_one(Vertical).region.width == width


async def test_agents_that_are_listed_late_come_in_with_the_default_under_the_cursor() -> None:
    async with opened(agents=None, profiles=("hosted", "local"), config=Config(default_agent="echo")) as desk:
        await desk.press("ctrl+n")
        assert desk.has("asking …")
        await desk.feed(AgentsListed("hosted", AGENTS))
        await desk.feed(AgentsListed("local", (), Problem("Nothing answers there.", "Start it.")))
        assert desk.has("Nothing answers there.")
        await desk.press("enter")

        assert desk.engine.sent(CreateSession)[0].agent == "echo"


async def test_enter_that_comes_before_the_agents_starts_the_default_one_when_they_are_there() -> None:
    async with opened(agents=None, profiles=("local", "hosted"), config=Config(default_agent="echo")) as desk:
        await desk.press("ctrl+n", "enter")
        assert desk.has("Starts as soon as the agents of local are known.")
        await desk.feed(AgentsListed("hosted", (Agent("agt_7", "far"),)))
        assert isinstance(desk.screen, NewSessionDialog)
        await desk.feed(AgentsListed("local", AGENTS))

        assert [(each.profile, each.agent) for each in desk.engine.sent(CreateSession)] == [("local", "echo")]
        assert not desk.has_dialog
        assert desk.composer.has_focus


async def test_enter_in_a_hurry_starts_no_agent_of_another_profile() -> None:
    async with opened(agents=None, profiles=("hosted", "local")) as desk:
        await desk.feed(AgentsListed("local", AGENTS))
        await desk.press("ctrl+n", "enter")
        assert desk.engine.sent(CreateSession) == []
        await desk.press("down", "enter")

        assert [(each.profile, each.agent) for each in desk.engine.sent(CreateSession)] == [("local", "workspace")]


@pytest.mark.parametrize("keys", [("tab", "x"), ("escape",)])
async def test_enter_before_the_agents_is_taken_back_by_whatever_comes_next(keys: tuple[str, ...]) -> None:
    async with opened(agents=None) as desk:
        await desk.press("ctrl+n", "enter", *keys)
        await desk.feed(AgentsListed("local", AGENTS))

        assert desk.engine.sent(CreateSession) == []


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (AgentsListed("local", (), Problem("Nothing answers there.", "Start it.")), "There is no agent to start."),
        (AgentsListed("local", (AGENTS[0],)), "Choose an agent: the usual one is not there."),
    ],
)
async def test_enter_before_the_agents_says_why_nothing_starts(listed: AgentsListed, words: str) -> None:
    async with opened(agents=None, config=Config(default_agent="echo")) as desk:
        await desk.press("ctrl+n", "enter")
        await desk.feed(listed)

        assert desk.has(words)
        assert desk.engine.sent(CreateSession) == []


async def test_enter_without_an_agent_names_who_is_still_asked() -> None:
    async with opened(agents=(), profiles=("local", "hosted")) as desk:
        await desk.press("ctrl+n", "enter")

        assert desk.has("No agent to start yet: hosted is still being asked.")


async def test_a_choice_is_kept_when_more_agents_are_listed() -> None:
    async with opened(profiles=("local", "hosted")) as desk:
        await desk.press("ctrl+n", "down")
        await desk.feed(AgentsListed("hosted", (Agent("agt_7", "far"),)))
        await desk.press("enter")

        assert desk.engine.sent(CreateSession)[0].agent == "echo"
