"""The package's index: every name is there, and importing it loads no HTTP library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from superserve_tui import client


@pytest.mark.parametrize("name", client.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    assert getattr(client, name) is not None
    assert name in dir(client)


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        _ = client.no_such


def test_importing_the_package_loads_no_http_library() -> None:
    check = (
        "import sys, superserve_tui.client\n"
        "heavy = {'httpx', 'httpcore', 'h11', 'ssl', 'starlette'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)
