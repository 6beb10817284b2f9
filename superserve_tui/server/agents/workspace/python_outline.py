"""Outline of Python source by Python's own parser; nothing of it is run.

May import: this package's symbols; the standard library.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from superserve_tui.server.agents.workspace.symbols import Outline, Symbol

__all__ = ["outline_python"]

_MAX_SIGNATURE = 160
"""Characters of a signature; longer ones are cut."""
_MAX_DEPTH = 3
"""Levels of nesting that are listed: class, method, a function inside."""


def outline_python(source: str) -> Outline | None:
    """The outline; None for what the parser refuses."""
    try:
        with warnings.catch_warnings():
            # An odd escape in somebody's source is no news for our log.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        return Outline(
            symbols=tuple(_symbols(tree.body, 0, "")),
            summary=_paragraph(ast.get_docstring(tree)),
            imports=tuple(dict.fromkeys(_imports(tree))),
            is_script=any(_is_main_guard(node) for node in tree.body),
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _symbols(body: list[ast.stmt], depth: int, parent: str) -> Iterator[Symbol]:
    for node in body:
        match node:
            case ast.ClassDef():
                yield _class(node, depth, parent)
                if depth + 1 < _MAX_DEPTH:
                    yield from _symbols(node.body, depth + 1, node.name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield _function(node, depth, parent)
            case ast.If() | ast.Try() | ast.With():
                yield from _symbols(_branches(node), depth, parent)
            case ast.Assign() | ast.AnnAssign() if depth == 0:
                yield from _constants(node)
            case _ if type(node).__name__ == "TypeAlias":  # Python 3.12's `type X = ...`
                name = getattr(node, "name", None)
                if isinstance(name, ast.Name):
                    yield Symbol("type", name.id, node.lineno, node.end_lineno or 0, depth=depth, parent=parent)
            case _:
                continue


def _branches(node: ast.If | ast.Try | ast.With) -> list[ast.stmt]:
    body = list(node.body)
    if isinstance(node, ast.If | ast.Try):
        body += node.orelse
    if isinstance(node, ast.Try):
        for handler in node.handlers:
            body += handler.body
    return body


def _class(node: ast.ClassDef, depth: int, parent: str) -> Symbol:
    bases = [ast.unparse(base) for base in node.bases] + [
        f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in node.keywords if keyword.arg
    ]
    signature = f"class {node.name}" + (f"({', '.join(bases)})" if bases else "")
    return Symbol(
        "class", node.name, node.lineno, node.end_lineno or 0, _cut(signature), _first_line(node), depth, parent
    )


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, depth: int, parent: str) -> Symbol:
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    signature = f"{word} {node.name}({ast.unparse(node.args)}){returns}"
    kind = "method" if depth else "function"
    return Symbol(
        kind, node.name, node.lineno, node.end_lineno or 0, _cut(signature), _first_line(node), depth, parent
    )


def _constants(node: ast.Assign | ast.AnnAssign) -> Iterator[Symbol]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if isinstance(target, ast.Name) and target.id != "__all__":
            kind = "constant" if target.id.lstrip("_").isupper() else "variable"
            yield Symbol(kind, target.id, node.lineno, node.end_lineno or 0)


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module != "__future__":
                yield module


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _first_line(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return (ast.get_docstring(node) or "").strip().split("\n", 1)[0].strip()


def _paragraph(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n", 1)[0].split())


def _cut(signature: str) -> str:
    signature = " ".join(signature.split())
    return signature if len(signature) <= _MAX_SIGNATURE else signature[: _MAX_SIGNATURE - 1] + "…"
