"""Models for `agents add`: which ones an endpoint has, and what a person should know before a model gets tools.

May import: click, server, the modules of cli, the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from superserve_tui.cli.failures import FAILED, WRONG_USAGE, Failure
from superserve_tui.cli.shell import Shell

__all__ = ["complete_model", "tool_warning"]

_SHOWN_MODELS = 200


def complete_model(shell: Shell, values: dict[str, Any]) -> None:
    """Check what was said of a model; where none was named, take the endpoint's only one, or list them.

    Raises:
        click.UsageError: a model without an endpoint.
        Failure: the endpoint has several models, none, or does not tell.
    """
    url = values.get("base_url")
    if "model" in values and url is None and not {"command", "port"} & set(values):
        raise click.UsageError("--model needs --url, e.g. --url http://127.0.0.1:11434/v1 for Ollama.")
    if url is None or {"model", "command", "port"} & set(values):
        return
    from superserve_tui.server import ModelListError, list_models

    variable = values.get("api_key_env")
    key = shell.environ.get(variable) if variable else None
    try:
        models = list_models(url, key=key or None, key_variable=variable)
    except ModelListError as error:
        what, _, hint = str(error).partition("\n")
        raise Failure(what, f"{hint or 'Mend that.'} Or name the model with --model.", status=FAILED) from error
    if not models:
        raise Failure(f"{url} lists no models.", "Load one there, or name it with --model.", status=FAILED)
    if len(models) == 1:
        values["model"] = models[0]
        shell.console.note(f"The endpoint's only model is taken: {models[0]}")
        return
    for model in models[:_SHOWN_MODELS]:
        shell.console.line(model)
    more = f" (the first {_SHOWN_MODELS} are shown)" if len(models) > _SHOWN_MODELS else ""
    raise Failure(
        f"The endpoint has {len(models)} models{more}; nothing was added.",
        f"Choose one, e.g. --model {models[0]}",
        status=WRONG_USAGE,
    )


def tool_warning(values: Mapping[str, Any]) -> str | None:
    """What a model with these tools may do without being asked; None where it changes nothing."""
    if "model" not in values:
        return None
    match values.get("tools"):
        case "run":
            return (
                "It may run any command with all your rights, and change files in its folder, without asking you."
            )
        case "edit":
            return "It may change any file in its folder without asking you."
        case _:
            return None
