"""The README's tables of keys and of settings, from the table of actions and the config's schema."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from superserve_tui.config import schema
from superserve_tui.ui.actions import ACTIONS, Where, key_name

__all__ = ["README", "with_tables"]

README = Path(__file__).parents[2] / "README.md"

_SECTIONS = {
    "Config": "{}",
    "NotifyConfig": "notify.{}",
    "SidebarConfig": "sidebar.{}",
    "ProfileConfig": "profiles.NAME.{}",
    "AgentConfig": "agents.NAME.{}",
}
_TABLES_THEMSELVES = {"keys", "notify", "sidebar", "profiles", "agents", "name"}


def _keys() -> str:
    panes = {
        Where.ALL: "everywhere",
        Where.COMPOSER: "composer",
        Where.LOG: "transcript",
        Where.TOOLS: "tools",
        Where.SIDEBAR: "sessions",
    }
    rows = ["| key | does | where | action |", "|---|---|---|---|"]
    for action in ACTIONS:
        keys = " ".join(f"`{key_name(key)}`" for key in action.keys) or "none"
        rows.append(f"| {keys} | {action.help} | {panes[action.where]} | `{action.id}` |")
    return "\n".join(rows)


def _settings() -> str:
    """Each field of the schema with the docstring under it."""
    tree = ast.parse(Path(schema.__file__).read_text(encoding="utf-8"))
    rows = ["| key | default | what it is |", "|---|---|---|"]
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for name, pattern in _SECTIONS.items():
        body = classes[name].body
        for field, after in zip(body, [*body[1:], ast.Pass()], strict=True):
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
                continue
            key = field.target.id
            if key in _TABLES_THEMSELVES:
                continue
            default = getattr(getattr(schema, name)(**_required(name)), key)
            has_help = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            words = " ".join(str(after.value.value).split()) if has_help else ""  # type: ignore[attr-defined]
            rows.append(f"| `{pattern.format(key)}` | {_default(default)} | {words} |")
    rows.append('| `keys."ACTION"` | | A key for that action, or `none`. |')
    return "\n".join(rows)


def _required(name: str) -> dict[str, str]:
    return {"ProfileConfig": {"base_url": ""}, "AgentConfig": {"name": "agent"}}.get(name, {})


def _default(value: object) -> str:
    if value in (None, "", (), {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def with_tables(text: str) -> str:
    """The README with its tables made anew."""
    for name, table in (("keys", _keys()), ("settings", _settings())):
        pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)  # type: ignore[misc]
        assert count == 1, f"the README has no place for its table of {name}"
    return text
