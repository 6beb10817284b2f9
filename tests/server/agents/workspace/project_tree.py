"""A small project as people have them, and a way to ask the agent about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from superserve_tui.server.agents.workspace import INSTANT, Limits, WorkspaceAgent
from tests.support.recording_sink import RecordingSink

__all__ = ["Answer", "ask", "make_project", "talk"]

_FILES = {
    "README.md": (
        "# Weather desk\n\n[![build](badge.svg)](x)\n\nShows the weather of many towns\nin one window.\n\n"
        "## Install\n\n    pip install weather-desk\n\n## Usage\n\nRun `weather`.\n\n"
        "```python\n# not a heading\n```\n\n## Testing\n\nRun pytest.\n"
        + "".join(f"Line {n}\n" for n in range(22, 60))
    ),
    "pyproject.toml": (
        '[project]\nname = "weather-desk"\nversion = "1.2.0"\ndescription = "Weather in one window"\n'
        'requires-python = ">=3.11"\ndependencies = ["httpx>=0.27", "rich"]\n\n'
        '[project.optional-dependencies]\ndev = ["pytest>=8"]\n\n[project.scripts]\nweather = "weather.main:main"\n'
    ),
    "src/main.py": (
        '"""Starts the weather desk and keeps it running."""\n\nfrom __future__ import annotations\n\n'
        "import sys\n\nfrom weather.parser import parse_event\n\nTOWNS = 12\n\n\n"
        "class Desk:\n"
        '    """The window with all towns.\n\n    It refreshes itself.\n    """\n\n'
        "    def __init__(self, towns: list[str], *, refresh_s: float = 5.0) -> None:\n"
        "        self.towns = towns\n\n"
        "    async def refresh(self) -> int:\n"
        '        """Ask every town again."""\n        # TODO: ask in parallel\n        return len(self.towns)\n\n\n'
        'def main() -> None:\n    """Run until the window closes."""\n    parse_event("sun")\n\n\n'
        'if __name__ == "__main__":\n    main()\n'
    ),
    "src/parser.py": (
        '"""Reads what the stations send."""\n\n\n'
        "def parse_event(text: str) -> dict[str, str]:\n"
        '    """One report of a station as a dictionary."""\n    # TODO: wind\n    # an exact phrase here\n'
        '    return {"sky": text}\n'
    ),
    "src/config.py": "DEFAULT_TOWN = 'Oslo'\n",
    "src/web/app.ts": (
        "// Draws the towns in a browser.\nimport { sky } from './sky';\n\nexport class View {\n"
        "  draw(town: string): void {\n  }\n}\n\nexport const render = (v: View) => v;\n"
    ),
    "src/web/main.py": "def main():\n    pass\n",
    "tests/test_parser.py": (
        "from weather.parser import parse_event\n\n\ndef test_sun() -> None:\n    assert parse_event('sun')\n"
    ),
    "docs/guide.md": "# Guide\n\nAn Exact Phrase too.\n\n## Towns\n",
    "config/settings.yaml": "# Which towns are shown.\ntowns:\n  - Oslo\nrefresh: 5\n",
    "data/big.csv": "town,sky\n" + "Oslo,sun\n" * 900,
    ".gitignore": "*.log\n/out/\nsecret-plans/\n",
    "debug.log": "TODO from a log\n",
    "out/generated.py": "TODO = 1\n",
    ".git/config": "[remote]\n  url = https://token@example.com TODO\n",
    "node_modules/left-pad/index.js": "// TODO\n",
    ".env": "API_KEY=TODO-secret\n",
    "deploy_key.pem": "-----BEGIN PRIVATE KEY-----\nTODO\n",
}


def make_project(folder: Path) -> Path:
    """Write the project into `folder`."""
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00" * 40)
    return folder


@dataclass(frozen=True, slots=True)
class Answer:
    """What one message brought."""

    text: str
    tools: list[str]
    """Names of the tools used, in order."""
    inputs: list[dict[str, Any]]
    """Their inputs."""


def talk(folder: Path, prompts: Sequence[str], *, limits: Limits | None = None) -> list[Answer]:
    """Ask one after the other in one session; every tool call must have ended."""

    async def run() -> list[Answer]:
        session = WorkspaceAgent(folder, pace=INSTANT, limits=limits).open("ses_1")
        answers = []
        for prompt in prompts:
            sink = RecordingSink()
            await session.run(prompt, sink)
            assert all(call.is_ended for call in sink.calls)
            answers.append(
                Answer(sink.answer, [call.tool for call in sink.calls], [call.input for call in sink.calls])
            )
        await session.close()
        return answers

    return asyncio.run(run())


def ask(folder: Path, *prompts: str) -> Answer:
    """The answer to the last of these messages."""
    return talk(folder, prompts)[-1]
