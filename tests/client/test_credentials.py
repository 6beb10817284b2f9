"""Keys: where they come from, which are refused, and the file that the vendor's tools share."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from superserve_tui.client import (
    Client,
    StoredToken,
    default_auth_file,
    delete_token,
    find_base_url,
    find_key,
    read_token,
    write_token,
)
from superserve_tui.protocol import CredentialError


def store(text: str) -> Path:
    path = default_auth_file()
    assert path is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_order_of_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialError, match="no key"):
        find_key()
    store('{"token": "from_file"}')
    assert find_key() == "from_file"
    monkeypatch.setenv("SUPERSERVE_API_KEY", "")
    assert find_key() == "from_file"
    monkeypatch.setenv("SUPERSERVE_API_KEY", "from_environment")
    assert find_key() == "from_environment"
    assert find_key("given") == "given"


def test_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_base_url() == "https://api.superserve.ai"
    monkeypatch.setenv("SUPERSERVE_API_URL", "https://other.example/")
    with Client(api_key="k") as client:
        assert client.base_url == "https://other.example"
    with Client(api_key="k", base_url="https://third.example") as client:
        assert client.base_url == "https://third.example"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ss_a\nb",
        "ss_a\r\nX-Evil: 1",
        "ss_abc\n",
        "ss a",
        "ss_\x00",
        "ss_\x7f",
        "ss_\u00e4",
        "ss_\u2028",
        "x" * 20_000,
    ],
    ids=range(10),
)
def test_a_key_that_no_header_may_carry_is_refused_unseen(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with pytest.raises(CredentialError) as caught:
        Client(api_key=key)
    assert "ss_" not in str(caught.value)
    assert caught.value.__cause__ is None
    if key and "\x00" not in key:
        monkeypatch.setenv("SUPERSERVE_API_KEY", key)
        with pytest.raises(CredentialError, match="SUPERSERVE_API_KEY"):
            Client()


def test_a_token_is_written_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "auth.json"
    mask = os.umask(0)
    try:
        write_token(StoredToken("t", "bearer", "2026-01-01T00:00:00Z", "r"), path)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_token(path) == StoredToken("t", "bearer", "2026-01-01T00:00:00Z", "r", {})
    assert [file.name for file in path.parent.iterdir()] == ["auth.json"]


def test_fields_of_other_tools_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_text('{"token": "old", "refresh_token": "old", "org": {"id": 7}}')
    write_token(StoredToken("new"), path)
    assert json.loads(path.read_text()) == {"org": {"id": 7}, "token": "new"}


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "auth.json"
    write_token(StoredToken("old"), path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_token(StoredToken("new"), path)
    stored = read_token(path)
    assert stored is not None
    assert stored.token == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["auth.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{}", b'{"token": ""}', b'{"token": 5}', b"\xff\xfe", b"{", b"[" * 5000],
    ids=range(9),
)
def test_a_file_without_a_token_is_no_token(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(content)
    assert read_token(path) is None


def test_odd_fields_do_not_hide_the_token(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b'\xef\xbb\xbf{"token": "t", "expires_at": 7, "token_type": null}')
    assert read_token(path) == StoredToken("t")
    assert read_token(tmp_path) is None
    assert read_token(tmp_path / "none") is None


def test_a_token_is_never_shown() -> None:
    assert "secret" not in repr(StoredToken("secret", refresh_token="secret", other={"x": "secret"}))


def test_logging_out_removes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_text("{}")
    assert delete_token(path)
    assert not delete_token(path)
