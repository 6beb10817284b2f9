"""A scripted OpenAI-compatible endpoint, and sessions with a model behind it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.model import EndpointTimes, ModelAgent
from superserve_tui.server.agents.model.session import ModelSession
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.recording_sink import RecordingSink

__all__ = [
    "CHAT",
    "DONE",
    "ask_model",
    "call_delta",
    "chat_endpoint",
    "chunk",
    "finish",
    "model_agent",
    "opened_model",
    "sent_messages",
    "streams",
    "text_delta",
    "tool_answer",
    "usage",
]

CHAT = "/v1/chat/completions"
DONE = b"data: [DONE]\n\n"

TIMES = EndpointTimes(connect_s=2.0, silence_s=5.0, error_body_s=0.3, after_finish_s=0.2)


def data(value: Any) -> bytes:
    """One event of the stream."""
    return f"data: {json.dumps(value)}\n\n".encode()


def chunk(delta: Mapping[str, Any] | None = None, *, finish_reason: str | None = None, **more: Any) -> bytes:
    """One `chat.completion.chunk`."""
    choices = [] if delta is None else [{"index": 0, "delta": dict(delta), "finish_reason": finish_reason}]
    return data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": choices, **more})


def text_delta(content: str) -> bytes:
    """A piece of the answer."""
    return chunk({"content": content})


def call_delta(index: int | None, arguments: str, *, call_id: str | None = None, name: str | None = None) -> bytes:
    """A piece of a tool call."""
    function: dict[str, Any] = {"arguments": arguments} | ({} if name is None else {"name": name})
    call: dict[str, Any] = {"function": function}
    if index is not None:
        call["index"] = index
    if call_id is not None:
        call |= {"id": call_id, "type": "function"}
    return chunk({"tool_calls": [call]})


def finish(reason: str = "stop") -> bytes:
    """The chunk that ends the answer."""
    return chunk({}, finish_reason=reason)


def usage(prompt: int, completion: int) -> bytes:
    """The chunk that counts, which comes after the end."""
    return chunk(None, usage={"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": 0})


def streams(*pieces: bytes) -> Handler:
    """A handler that streams these pieces, each in a packet of its own, and closes."""
    return lambda exchange: exchange.events(*pieces)


def says(*texts: str) -> Handler:
    """A whole answer of text."""
    return streams(*map(text_delta, texts), finish(), DONE)


def tool_answer(name: str, arguments: Mapping[str, Any], *, call_id: str = "call_a", text: str = "") -> Handler:
    """An answer that asks for one tool."""
    pieces = [text_delta(text)] if text else []
    return streams(
        *pieces, call_delta(0, json.dumps(arguments), call_id=call_id, name=name), finish("tool_calls"), DONE
    )


@contextmanager
def chat_endpoint(*handlers: Handler) -> Iterator[FaultServer]:
    """An endpoint whose requests get these handlers in turn; the last one stays."""
    with FaultServer() as server:
        if handlers:
            server.on("POST", CHAT, *handlers)
        yield server


def model_agent(
    server: FaultServer,
    folder: Path,
    *,
    config: AgentConfig | None = None,
    environ: Mapping[str, str] | None = None,
    waits: list[float] | None = None,
) -> ModelAgent:
    """The agent `model` at that endpoint; it waits for a busy endpoint by noting how long in `waits`."""

    async def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    base = config or AgentConfig(name="model")
    return ModelAgent(
        replace(base, model=base.model or "m", base_url=base.base_url or f"{server.url}/v1"),
        folder=folder,
        environ={"PATH": os.environ["PATH"]} if environ is None else environ,
        times=TIMES,
        sleep=sleep,
    )


@asynccontextmanager
async def opened_model(agent: ModelAgent) -> AsyncIterator[ModelSession]:
    """A session with it, closed at the end."""
    session = agent.open(f"ses_{secrets.token_hex(16)}")
    try:
        yield session
    finally:
        await session.close()


async def ask_model(session: ModelSession, prompt: str = "hello") -> RecordingSink:
    """One turn, and what was told in it."""
    sink = RecordingSink()
    await session.run(prompt, sink)
    return sink


def sent_messages(server: FaultServer, number: int = -1) -> list[dict[str, Any]]:
    """The messages of a request, by default of the last one."""
    messages: list[dict[str, Any]] = server.sent_to(CHAT)[number].json["messages"]
    return messages


def holding(*pieces: bytes, then: Callable[[Exchange], None]) -> Handler:
    """A handler that streams these pieces, and then does something else with the open stream."""

    def handle(exchange: Exchange) -> None:
        exchange.stream(*pieces)
        then(exchange)

    return handle
