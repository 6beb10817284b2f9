"""The file that a person opens for the first time: all comments, and each of them right."""

from __future__ import annotations

import re
from pathlib import Path

from superserve_tui.config import TEMPLATE, Config, load
from superserve_tui.config.keys import fields_of
from superserve_tui.config.schema import AgentConfig, NotifyConfig, ProfileConfig, SidebarConfig

_AS_COMMENT = re.compile(r'^# (?=\[|"?[a-z_.]+"? = )', re.MULTILINE)


def test_it_sets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(TEMPLATE)

    assert (load(path).config, load(path).notices) == (Config(), ())


def test_every_line_of_it_is_right_without_its_comment_sign(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = (
        _AS_COMMENT.sub("", TEMPLATE)
        .replace("[profiles.NAME]", "[profiles.far]")
        .replace("agents.NAME", "agents.one")
    )
    text = re.sub(r"^model = .*\n", "", text, flags=re.MULTILINE)  # one kind each
    path.write_text(text)

    loaded = load(path)

    assert loaded.notices == ()
    assert loaded.config.profiles["far"].base_url == "https://example.com"
    assert loaded.config.agents["one"].command == "python agent.py"
    assert loaded.config.keys == {"session.new": "ctrl+n"}


def test_it_names_every_key() -> None:
    written = set(re.findall(r"^# ([a-z_]+) = ", TEMPLATE, re.MULTILINE))
    known = {
        key
        for schema in (Config, NotifyConfig, SidebarConfig, ProfileConfig, AgentConfig)
        for key in fields_of(schema)
    }

    assert written == known - {"notify", "sidebar", "profiles", "agents", "keys"}


def test_its_defaults_are_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        "".join(re.findall(r"^# ((?:idle_timeout|on_quit|silence_timeout) = .*\n)", TEMPLATE, re.MULTILINE))
    )

    assert load(path).config == Config()
