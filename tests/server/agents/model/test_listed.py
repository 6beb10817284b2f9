"""What is listed of a model, and when it is not ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.model import ModelAgent
from superserve_tui.server.agents.model.listing import ModelListError, list_models
from tests.support.fault_server import FaultServer, answer

URL = "https://models.example/v1"


def agent(folder: Path, environ: dict[str, str] | None = None, **config: Any) -> ModelAgent:
    values: dict[str, Any] = {"name": "model", "model": "m", "base_url": URL, **config}
    return ModelAgent(AgentConfig(**values), folder=folder, environ=environ or {})


def test_it_is_ready_and_says_what_it_is(tmp_path: Path) -> None:
    info = agent(tmp_path).info
    assert (info.name, info.not_ready_reason) == ("model", None)
    assert info.command == f"model m at {URL} (reads this folder)"


@pytest.mark.parametrize(
    ("tools", "words"), [("none", "no tools"), ("edit", "changes"), ("run", "runs commands with all your rights")]
)
def test_what_it_may_do_is_said_where_it_is_listed(tmp_path: Path, tools: str, words: str) -> None:
    assert words in (agent(tmp_path, tools=tools).info.command or "")


def test_a_key_that_is_not_set_is_named(tmp_path: Path) -> None:
    assert "MY_KEY" in (agent(tmp_path, api_key_env="MY_KEY").info.not_ready_reason or "")
    info = agent(tmp_path, {"MY_KEY": "sk-1"}, api_key_env="MY_KEY", secrets=("OTHER",)).info
    assert (info.environment_keys, info.missing_secrets) == (("MY_KEY",), ("OTHER",))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"base_url": None}, "base_url"),
        ({"base_url": "ftp://x"}, "https://"),
        ({"cwd": "nowhere"}, "does not exist"),
        ({"system_prompt_file": "nowhere.md"}, "nowhere.md"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path: Path, config: dict[str, Any], words: str) -> None:
    wrong = agent(tmp_path, **config)
    assert words in (wrong.info.not_ready_reason or "")
    with pytest.raises(AgentFailure, match=words):
        wrong.open("ses_1")


@pytest.mark.parametrize("key", ["sk-\n1", "sk-é", "a b", "sk\x00"])
def test_a_key_that_no_header_may_carry_is_refused_without_being_printed(tmp_path: Path, key: str) -> None:
    reason = agent(tmp_path, {"MY_KEY": key}, api_key_env="MY_KEY").info.not_ready_reason or ""
    assert "characters" in reason
    assert key not in reason


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("http://models.example/v1", True),
        ("http://192.168.1.2/v1", True),
        ("https://models.example/v1", False),
        ("http://localhost:1/v1", False),
        ("http://[::1]:1/v1", False),
        ("http://127.1.2.3/v1", False),
    ],
)
def test_a_key_never_travels_in_the_clear(tmp_path: Path, url: str, is_refused: bool) -> None:
    reason = agent(tmp_path, {"MY_KEY": "sk-1"}, api_key_env="MY_KEY", base_url=url).info.not_ready_reason
    assert (reason is not None and "unprotected" in reason) == is_refused
    assert agent(tmp_path, base_url=url).info.not_ready_reason is None


def test_models_are_listed_in_the_endpoints_order() -> None:
    with FaultServer() as server:
        rows = [{"id": "b"}, {"id": "a"}, {"id": "b"}, {"x": 1}, 5, {"name": "c"}]
        server.on("GET", "/v1/models", answer(200, {"object": "list", "data": rows}))
        assert list_models(f"{server.url}/v1/", key="sk-1") == ["b", "a", "c"]
        assert server.requests[0].headers["authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(401, {"error": "bad key sk-1"}, "MY_KEY"), (404, {}, "404"), (200, [], "list"), (307, {}, "list")],
)
def test_why_models_are_not_listed_is_said_without_the_key(status: int, body: object, words: str) -> None:
    with FaultServer() as server:
        server.on("GET", "/v1/models", answer(status, body))
        with pytest.raises(ModelListError, match=words) as caught:
            list_models(f"{server.url}/v1", key="sk-1", key_variable="MY_KEY")
        assert "sk-1" not in str(caught.value)


def test_an_address_without_a_server_or_sense_is_said() -> None:
    with FaultServer() as server:
        port = server.port
    with pytest.raises(ModelListError, match="Nothing answers at"):
        list_models(f"http://127.0.0.1:{port}/v1")
    with pytest.raises(ModelListError, match="https://"):
        list_models("nonsense")
    with pytest.raises(ModelListError, match="unprotected"):
        list_models("http://models.example/v1", key="sk-1")
