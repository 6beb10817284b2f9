"""A folder's own project: asked about with all that it would run, and started only after a yes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from superserve_tui.domain import AgentsListed, SessionState
from superserve_tui.engine import CreateSession, ListAgents, SendPrompt
from superserve_tui.protocol import UNTRUSTED, Agent, SuperserveError
from superserve_tui.ui.modals.new_session import NewSessionDialog
from superserve_tui.ui.modals.trust import TrustDialog
from tests.support.opened_app import AGENTS, OpenedApp, opened
from tests.support.saved import make_session

HELPER = Agent(
    "agt_9",
    "helper",
    command="python agent.py",
    required_secrets=("A_KEY",),
    deps_status=UNTRUSTED,
    deps_error="it would run `python agent.py` in /home/me/clone",
)


class Trust:
    """Takes the yes, as the server's side would."""

    def __init__(self, words: str = "", error: SuperserveError | None = None) -> None:
        self.given: list[tuple[str, Agent]] = []
        self._words, self._error = words, error

    def __call__(self, profile: str, agent: Agent) -> str:
        self.given.append((profile, agent))
        if self._error is not None:
            raise self._error
        return self._words


async def choose_helper(desk: OpenedApp) -> None:
    """The question, as a person comes to it."""
    await desk.press("ctrl+n")
    await desk.press("end", "enter")
    assert isinstance(desk.screen, TrustDialog)


def with_helper(trust: Trust, **options: Any) -> Any:
    return opened(agents=(*AGENTS, HELPER), trust=trust, **options)


async def test_the_question_shows_command_folder_and_what_it_means() -> None:
    async with with_helper(Trust()) as desk:
        await choose_helper(desk)

        for words in ("helper", "`python agent.py`", "/home/me/clone", "A_KEY", "all your rights", "changes"):
            assert words in desk.text()


async def test_the_question_names_a_variable_that_is_not_set() -> None:
    async with with_helper(Trust()) as desk:
        await choose_helper(desk)
        assert desk.has("It needs A_KEY, which is not set.")
    ready = replace(HELPER, environment_keys=("A_KEY",))
    async with opened(agents=(*AGENTS, ready), trust=Trust()) as desk:
        await choose_helper(desk)
        assert not desk.has("not set")


async def test_a_hasty_enter_says_no_and_leaves_the_choice_open() -> None:
    trust = Trust()
    async with with_helper(trust) as desk:
        await choose_helper(desk)
        await desk.press("enter")

        assert isinstance(desk.screen, NewSessionDialog)
        assert trust.given == []
        assert desk.engine.sent(CreateSession) == []


async def test_after_a_yes_the_session_begins_and_the_agents_are_asked_for_anew() -> None:
    trust = Trust()
    async with with_helper(trust) as desk:
        await choose_helper(desk)
        desk.engine.forget()
        await desk.press("right", "enter")
        await desk.until(lambda: desk.engine.sent(ListAgents))

        assert trust.given == [("local", HELPER)]
        assert [each.agent for each in desk.engine.sent(CreateSession)] == ["helper"]
        assert desk.engine.sent(ListAgents) == [ListAgents("local")]
        assert desk.has("Message helper")


async def test_a_yes_that_comes_too_late_starts_nothing_and_is_explained() -> None:
    trust = Trust(error=SuperserveError("helper is not what was shown any more; look at it again"))
    async with with_helper(trust) as desk:
        await choose_helper(desk)
        await desk.press("right", "enter")
        await desk.see("not what was shown")

        assert desk.engine.sent(CreateSession) == []


async def test_a_yes_that_cannot_be_remembered_counts_and_is_said() -> None:
    async with with_helper(Trust("helper is trusted for this run"), size=(80, 24)) as desk:
        await choose_helper(desk)
        await desk.press("right", "enter")
        await desk.see("trusted for this run")

        assert len(desk.engine.sent(CreateSession)) == 1


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (50, 16)])
async def test_no_part_of_a_long_command_is_hidden(size: tuple[int, int]) -> None:
    command = "python agent.py " + " " * 2000 + "; rm -r /"
    hostile = replace(HELPER, command=command, deps_error=f"it would run `{command}\x1b[2J\u202e` in /x")
    async with opened(agents=(hostile,), trust=Trust(), size=size) as desk:
        await choose_helper(desk)
        seen = desk.text()
        assert "Trust and start" in seen
        await desk.press("shift+tab", "end")
        seen += desk.text()

        assert "rm -r /" in seen


async def test_it_is_never_the_default_though_it_was_used_last() -> None:
    used = make_session("Before", agent="helper", state=SessionState.ENDED)
    async with opened(agents=(HELPER, *AGENTS), sessions=(used,), trust=Trust()) as desk:
        assert desk.main.addressee().agent == "workspace"
        trusted = replace(HELPER, deps_status="ready", deps_error=None)
        await desk.feed(AgentsListed("local", (trusted, *AGENTS)))
        assert desk.main.addressee().agent == "helper"


async def test_a_message_to_one_that_the_command_line_names_is_kept_until_the_yes() -> None:
    trust = Trust()
    async with with_helper(trust, agent="helper") as desk:
        await desk.type("do it\r")
        assert isinstance(desk.screen, TrustDialog)
        assert desk.composer.text == "do it"
        await desk.press("escape")
        assert (desk.composer.text, desk.engine.sent(SendPrompt)) == ("do it", [])

        await desk.press("enter", "right", "enter")
        await desk.until(lambda: desk.engine.sent(SendPrompt))
        assert [each.prompt for each in desk.engine.sent(SendPrompt)] == ["do it"]
        assert desk.composer.text == ""
        assert [each.agent for each in desk.engine.sent(CreateSession)] == ["helper"]
