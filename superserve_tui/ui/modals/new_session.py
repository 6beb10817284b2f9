"""The dialog for a new session: agent, title, idle time.

May import: domain, protocol, textual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from superserve_tui.domain import Problem, clean_line
from superserve_tui.protocol import Agent
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.modals.trust import TrustDialog
from superserve_tui.ui.widgets.choice_line import ChoiceLine
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit
from superserve_tui.ui.widgets.short_text import ShortText

__all__ = ["NewSession", "NewSessionDialog"]

PRESETS = ((300, "5 min"), (1740, "29 min"), (7200, "2 h"), (28800, "8 h"))
"""Idle times to choose from, in seconds."""

_ABOUT_LINES = 2
"""For what the row under the cursor has no room for."""

_OTHER_LINES = 16
"""Of the dialog, with a line of the window above and below; the list gives way to them."""

_NAME_CELLS = 22
"""Of an agent's name, with the room after it, so that what it runs stands in a column."""

_NAMED_CELLS = 32
"""Of a missing secret's name in the line of keys, at most."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """What was chosen."""

    profile: str
    agent: str
    title: str | None
    idle_timeout_s: int
    trusting: Agent | None = None
    """The agent, where the person has just said yes to what it would run."""


class AgentList(LineList):
    """The agents of every profile; those that can't take a session say why."""

    COMPONENT_CLASSES = {"agent--name", "agent--unready"}

    DEFAULT_CSS = """
    AgentList { height: auto; max-height: 10; min-height: 3; background: $surface;
        & > .agent--name { color: $foreground; }
        & > .agent--unready { color: $warning; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="agents")
        self._agents: dict[str, tuple[str, Agent]] = {}
        self._notes: dict[str, str] = {}

    def show(
        self, profiles: Sequence[str], agents: Mapping[str, Sequence[Agent]], problems: Mapping[str, Problem]
    ) -> None:
        """The agents known by now, grouped by profile."""
        rows: list[Row] = []
        for profile in profiles:
            note = clean_line(problems[profile].what, limit=80) if profile in problems else ""
            if profile not in agents and not note:
                note = "asking …"
            rows.append(Row("", heading=f"{clean_line(profile, limit=40)}   {note}".rstrip()))
            for agent in agents.get(profile, ()):
                key = f"{profile}/{agent.id}"
                self._agents[key] = (profile, agent)
                rows.append(Row(key))
        self.set_rows(rows)
        room = self.app.size.height - _OTHER_LINES
        self.styles.height = max(3, min(10, len(rows), room))

    def chosen(self) -> tuple[str, Agent] | None:
        """Profile and agent under the cursor."""
        return self._agents.get(self.cursor_key or "")

    def choose(self, profile: str, name: str) -> None:
        """Put the cursor on an agent."""
        for key, (each_profile, agent) in self._agents.items():
            if (each_profile, agent.name) == (profile, name):
                self.move_to(key)

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """A profile, or an agent and whether it is ready."""
        if not row.key:
            return [(" " + row.heading, "list--heading")]
        _, agent = self._agents[row.key]
        name = _name(agent)
        about = fit(_about(agent), width - cell_len(name) - 1)
        return [(name, "agent--name"), (about, "agent--unready" if agent.not_ready_reason else "list--muted")]

    def unseen(self) -> str:
        """What the row under the cursor has no room for, cleaned."""
        if (chosen := self.chosen()) is None:
            return ""
        agent, width = chosen[1], self.scrollable_content_region.width
        about = _about(agent)
        lines = [about] if cell_len(about) > width - cell_len(_name(agent)) - 1 else []
        if agent.not_ready_reason and not agent.is_untrusted and agent.command:
            lines.append(clean_line(agent.command))
        return "\n".join(lines)


class NewSessionDialog(Dialog[NewSession]):
    """Choose the agent with Up and Down, Enter starts; Tab goes on to title and idle time."""

    BINDINGS = [
        Binding("ctrl+n", "start", "Start", show=False, priority=True),
        Binding("enter", "start", show=False),  # where the list has no row yet that could take it
    ]

    DEFAULT_CSS = """
    NewSessionDialog.-wide > Vertical { width: 90%; max-width: 100; }
    NewSessionDialog .label { color: $text-muted; height: 1; margin-top: 1; }
    NewSessionDialog #about { padding: 0 1; &.-refused { color: $error; } }
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-wide")]

    def __init__(
        self,
        profiles: Sequence[str],
        agents: Mapping[str, Sequence[Agent]],
        problems: Mapping[str, Problem],
        *,
        profile: str,
        agent: str,
        idle_timeout_s: int,
    ) -> None:
        super().__init__()
        self._profiles = profiles
        self._agents, self._problems = agents, problems
        self._profile, self._agent = profile, agent
        times = {seconds for seconds, _ in PRESETS} | {idle_timeout_s}
        self._times = sorted(times)
        self._idle_s = idle_timeout_s
        self._told = ""
        """What is said in the place of the agent under the cursor."""
        self._is_moved = False
        self._is_awaited = False
        """Enter came before the agents: it counts once they are there, unless the person does something else."""

    def compose(self) -> ComposeResult:
        """Agents, title, idle time."""
        with Vertical():
            yield Static("New session", classes="dialog--title")
            yield AgentList()
            yield ShortText(_ABOUT_LINES, id="about")
            yield Static("Title (its first message, if left empty)", classes="label")
            yield LineInput(id="title", max_length=200)
            yield Static("Ends by itself when idle for", classes="label")
            times = [(str(seconds), dict(PRESETS).get(seconds) or _words(seconds)) for seconds in self._times]
            yield ChoiceLine(times, value=str(self._idle_s), id="idle")
            yield KeyHints()

    def on_mount(self) -> None:
        """The list has the focus, the default agent the cursor."""
        self.refresh_agents(self._agents, self._problems, agent=self._agent)
        self.query_one(AgentList).focus()

    def on_resize(self) -> None:
        """Other room for what is said of an agent."""
        self.call_after_refresh(self._show_about)

    def refresh_agents(
        self, agents: Mapping[str, Sequence[Agent]], problems: Mapping[str, Problem], *, agent: str
    ) -> None:
        """Agents were listed meanwhile; the cursor goes to the default one until the person moves it.

        It goes to no other one before: Enter in a hurry would start that.
        """
        self._agents, self._problems, self._agent = agents, problems, agent
        listed, is_asked = self.query_one(AgentList), self._profile in self._asked()
        listed.show(self._profiles, agents, problems)
        if not self._is_moved and is_asked:
            listed.move_to(None)
        elif not self._is_moved:
            listed.choose(self._profile, agent)
        if not self._is_awaited:
            self._tell()
        elif not is_asked:
            self._start_awaited(listed.chosen())

    @on(LineList.Highlighted)
    def _moved(self) -> None:
        self._is_moved = True
        self._go_on()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._go_on()

    def _go_on(self) -> None:
        """The person does something else than wait."""
        self._is_awaited = False
        self._tell()

    def _tell(self, words: str = "", *, is_refused: bool = False) -> None:
        """Else of the agent under the cursor what its row has no room for; and what Enter does with it."""
        self._told = words
        self.query_one("#about").set_class(is_refused, "-refused")
        self._show_about()
        chosen = self.query_one(AgentList).chosen()
        enter = _start_hint(chosen[1]) if chosen else ("Enter", "start")
        others = (("Up Down", "agent"), ("Tab", "next field")) if enter[0] else ()
        self.query_one(KeyHints).show(enter, *others, ("Esc", "close"))

    def _show_about(self) -> None:
        self.query_one(ShortText).show(self._told or self.query_one(AgentList).unseen())

    @on(LineList.Chosen)
    @on(Input.Submitted)
    @on(ChoiceLine.Taken)
    def action_start(self) -> None:
        """Take what is chosen, unless the agent can't take a session."""
        chosen = self.query_one(AgentList).chosen()
        if chosen is None:
            self._await_agents()
            return
        profile, agent = chosen
        title = self.query_one(Input).value.strip() or None
        new = NewSession(profile, agent.name, title, int(self.query_one(ChoiceLine).value))
        if agent.is_untrusted:
            self.app.push_screen(TrustDialog(agent), lambda is_yes: self._trust(new, agent) if is_yes else None)
        elif agent.not_ready_reason:
            self._tell(f"{clean_line(agent.name, limit=40)} can't start: {_about(agent)}", is_refused=True)
        else:
            self.dismiss(new)

    def _asked(self) -> list[str]:
        """The profiles that have not answered yet."""
        return [each for each in self._profiles if each not in self._agents and each not in self._problems]

    def _await_agents(self) -> None:
        """Start when the default agent is there; where it will not come, say why nothing starts."""
        asked = self._asked()
        self._is_awaited = self._profile in asked
        names = ", ".join(clean_line(name, limit=40) for name in asked)
        if self._is_awaited:
            self._tell(f"Starts as soon as the agents of {clean_line(self._profile, limit=40)} are known.")
        elif asked:
            self._tell(f"No agent to start yet: {names} is still being asked.")
        else:
            self._tell("There is no agent to start.", is_refused=True)

    def _start_awaited(self, chosen: tuple[str, Agent] | None) -> None:
        """The agents have come that Enter was pressed for; another one than the default is never taken unseen."""
        self._is_awaited = False
        if chosen is not None and (chosen[0], chosen[1].name) == (self._profile, self._agent):
            self.action_start()
        elif chosen is not None:
            self._tell("Choose an agent: the usual one is not there.", is_refused=True)
        else:
            self._await_agents()

    def _trust(self, new: NewSession, agent: Agent) -> None:
        self.dismiss(replace(new, trusting=agent))


def _name(agent: Agent) -> str:
    name = fit(clean_line(agent.name, limit=40), _NAME_CELLS + 4)
    return "   " + name + " " * max(2, _NAME_CELLS - cell_len(name))


def _about(agent: Agent) -> str:
    """Why it can't take a session, else what it runs or may do."""
    return clean_line(agent.not_ready_reason or agent.command or "built in")


def _start_hint(agent: Agent) -> tuple[str, str]:
    """What Enter does, or in its place what the agent lacks."""
    if agent.is_untrusted:
        return "Enter", "look and decide"
    if agent.not_ready_reason is None:
        return "Enter", "start"
    if agent.deps_status == "failed":
        return "", "not ready: its setup failed"
    if not agent.missing_secrets:
        return "", "not ready yet"
    first, *more = agent.missing_secrets
    names = fit(clean_line(first), _NAMED_CELLS) + (f" and {len(more)} more" if more else "")
    return "", f"not ready: set {names}"


def _words(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
