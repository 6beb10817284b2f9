"""Commands about whom there is to talk to.

May import: engine, domain, protocol, plain's own modules, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable

from superserve_tui.domain import Addressee, clean_line
from superserve_tui.engine import ListAgents
from superserve_tui.plain.desk import Desk
from superserve_tui.plain.words import counted, trust_words
from superserve_tui.protocol import Agent, SuperserveError

__all__ = ["AgentCommands"]


class AgentCommands:
    """Who there is, and a session with one of them. For the front end's thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked_agents: set[str] = set()
        self._asked_trust: list[Addressee] = []
        """Whom the person is about to trust, while it is asked what they would run."""

    @property
    def is_asking(self) -> bool:
        """Whether it is still to be told who there is, or what one would run."""
        return bool(self._asked_agents or self._asked_trust)

    @property
    def table(self) -> dict[str, Callable[[str], None]]:
        """What does which command."""
        return {
            "new": self.new,
            "agents": self.agents,
            "trust": self.trust,
        }

    def agents_listed(self, profile: str, problem: str) -> None:
        """A profile's agents came, or why they did not; printed where they were asked for."""
        self._tell_intents(profile, problem)
        if profile not in self._asked_agents:
            return
        self._asked_agents.discard(profile)
        if problem:
            self._desk.say(f"{profile}: {problem}")
            return
        agents = self._desk.model.agents.get(profile, ())
        self._desk.say(f"{profile}: {counted(len(agents), 'agent')}")
        for agent in agents:
            self._desk.model.listed_agents.append(Addressee(profile, agent.name))
            reason = agent.not_ready_reason
            note = f", not ready: {reason}" if reason else ""
            if agent.is_untrusted:
                self._desk.model.shown_intents.add(agent)
            self._desk.printer.listed(f"{len(self._desk.model.listed_agents)}. {agent.name}{note}")

    def tell_intent(self, agent: Agent) -> None:
        """Tell what it would run, and how to say yes to that."""
        self._desk.model.shown_intents.add(agent)
        self._desk.say(trust_words(agent))

    def new(self, rest: str) -> None:
        """A new session."""
        to = self._addressee(rest)
        if to is None:
            return
        if not to.agent:
            self._desk.say("no agent is known yet; /agents asks who there is")
        elif (agent := self._desk.model.untrusted(to)) is not None:
            self.tell_intent(agent)
        else:
            self._desk.host.create_session(to)

    def agents(self, _rest: str) -> None:
        """Ask every profile who there is."""
        self._desk.model.listed_agents.clear()
        for profile in self._desk.options.profiles:
            self._asked_agents.add(profile)
            self._desk.engine.send(ListAgents(profile))

    def trust(self, rest: str) -> None:
        """Say yes to an agent, once what it would run has been told."""
        if not rest:
            self._desk.say("type /trust and the name of the agent; /agents lists them")
            return
        to = self._addressee(rest)
        if to is None:
            return
        agent = self._desk.model.untrusted(to)
        if agent is None or agent not in self._desk.model.shown_intents:
            self._asked_trust.append(to)
            self._desk.engine.send(ListAgents(to.profile))
            return
        try:
            words = self._desk.options.trust(to.profile, agent)
        except SuperserveError as error:
            self._desk.model.shown_intents.discard(agent)
            self._desk.say(str(error))
        else:
            self._desk.model.trusted(to, agent)
            self._desk.say(words or f"{agent.name} is trusted; /new {agent.name} begins a session with it")

    def _addressee(self, rest: str) -> Addressee | None:
        words = rest.split()
        if not words:
            return self._desk.host.addressee()
        if words[0].isdecimal():
            number = int(words[0])
            if 1 <= number <= len(self._desk.model.listed_agents):
                return self._desk.model.listed_agents[number - 1]
            self._desk.say("there is no agent with that number; /agents lists them")
            return None
        profile = words[1] if len(words) > 1 else self._desk.options.profiles[0]
        if profile not in self._desk.options.profiles:
            self._desk.say(f"there is no profile {profile}; there are: {', '.join(self._desk.options.profiles)}")
            return None
        return Addressee(profile, words[0])

    def _tell_intents(self, profile: str, problem: str) -> None:
        """What the agents would run that the person is about to trust: nobody says yes unseen."""
        asked = [to for to in self._asked_trust if to.profile == profile]
        self._asked_trust = [to for to in self._asked_trust if to.profile != profile]
        for to in asked:
            agent = self._desk.model.untrusted(to)
            if problem:
                self._desk.say(f"{profile}: {problem}")
            elif agent is None:
                self._desk.say(f"{clean_line(to.agent, limit=60)} asks for no trust; /agents lists who does")
            else:
                self.tell_intent(agent)
