"""Whom a message goes to when nobody was chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from superserve_tui.domain import Addressee, Session, choose_addressee
from superserve_tui.protocol import Agent

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
READY, BUILDING = Agent("agt_1", "ready"), Agent("agt_2", "building", deps_status="building")


def session(agent: str, *, profile: str = "local", minutes: int = 0) -> Session:
    moment = BEGAN + timedelta(minutes=minutes)
    return Session(id=agent, profile=profile, agent=agent, created_at=BEGAN, last_activity_at=moment)


def chosen(
    *sessions: Session, profile: str = "local", named: str | None = None, agents: tuple[Agent, ...] = ()
) -> Addressee:
    return choose_addressee(profile, named=named, sessions=sessions, agents=agents)


def test_a_name_comes_first() -> None:
    assert chosen(session("other"), named="named", agents=(READY,)) == Addressee("local", "named")


def test_the_one_used_last_comes_next() -> None:
    assert chosen(session("old"), session("new", minutes=1)).agent == "new"


def test_one_of_another_profile_does_not_count() -> None:
    assert chosen(session("there", profile="hosted"), agents=(READY,)).agent == "ready"


def test_one_that_is_not_there_any_more_does_not_count() -> None:
    assert chosen(session("gone"), agents=(BUILDING, READY)).agent == "ready"


def test_the_built_in_one_needs_no_listing_and_a_server_elsewhere_does() -> None:
    assert chosen().agent == "workspace"
    assert chosen(profile="hosted").agent == ""
