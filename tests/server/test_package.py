"""The package's index: complete, and free of cost."""

from __future__ import annotations

import pytest

import superserve_tui.server
from tests.support.processes import run_python


def test_every_public_name_is_there() -> None:
    for name in superserve_tui.server.__all__:
        assert getattr(superserve_tui.server, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        superserve_tui.server.nonsense  # noqa: B018 - the access is the test


def test_starter_of_a_server_loads_no_http_library() -> None:
    loaded = run_python("""
        import sys
        from superserve_tui.server import EmbeddedServer, ServerAddress, ServerOptions, agent_names, find_running
        print(*sorted({name.partition(".")[0] for name in sys.modules}))
    """).split()
    assert "superserve_tui" in loaded
    assert not {"starlette", "uvicorn", "h11", "httpx", "anyio", "asyncio", "yaml"} & set(loaded)
