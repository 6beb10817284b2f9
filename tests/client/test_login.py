"""Login by device code (PROTOCOL 5)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from superserve_tui.client import DeviceCode, DeviceLogin, StoredToken
from superserve_tui.protocol import APIError, AuthenticationError, InvalidResponseError
from tests.support.fault_server import FaultServer, Handler, answer
from tests.support.manual_timing import ManualTiming

START = "/v1/auth/device-code"
POLL = "/v1/auth/device-token"
CODE: dict[str, Any] = {
    "device_code": "dev-secret",
    "user_code": "ABCD-1234",
    "verification_uri": "https://superserve.example/device",
    "verification_uri_complete": "https://superserve.example/device?code=ABCD-1234",
    "expires_in": 600,
    "interval": 5,
}
TOKEN = answer(200, {"access_token": "ss_new", "token_type": "bearer", "expires_at": "2027", "refresh_token": "r"})


def pending(status: int = 428, error: str = "authorization_pending") -> Handler:
    return answer(status, {"error": error})


@pytest.fixture
def login(server: FaultServer, timing: ManualTiming) -> Iterator[DeviceLogin]:
    server.on("POST", START, answer(200, CODE))
    with DeviceLogin(server.url, timing=timing) as made:
        yield made


def test_the_person_gets_a_code_and_an_address(server: FaultServer, login: DeviceLogin) -> None:
    code = login.start()
    assert (code.user_code, code.verification_uri) == ("ABCD-1234", "https://superserve.example/device")
    assert code.verification_uri_complete == "https://superserve.example/device?code=ABCD-1234"
    assert (code.expires_s, code.interval_s) == (600, 5)
    assert "dev-secret" not in repr(code)
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("status", [200, 400, 428])
def test_polling_goes_on_while_the_person_types(
    server: FaultServer, login: DeviceLogin, timing: ManualTiming, status: int
) -> None:
    server.on("POST", POLL, pending(status), pending(status), TOKEN)
    left: list[float] = []
    token = login.wait_for_token(login.start(), on_poll=left.append)
    assert token == StoredToken("ss_new", "bearer", "2027", "r")
    assert timing.waits == [5, 5, 5]
    assert left == [600, 595, 590]
    assert server.sent_to(POLL)[0].json == {"device_code": "dev-secret"}


def test_the_other_name_of_the_token(server: FaultServer, login: DeviceLogin) -> None:
    server.on("POST", POLL, answer(200, {"token": "ss_new"}))
    assert login.wait_for_token(login.start()).token == "ss_new"


def test_slow_down_adds_five_seconds_for_good(
    server: FaultServer, login: DeviceLogin, timing: ManualTiming
) -> None:
    slow = pending(400, "slow_down")
    server.on("POST", POLL, slow, pending(), answer(429, {"error": "slow_down"}), pending(), TOKEN)
    login.wait_for_token(login.start())
    assert timing.waits == [5, 10, 10, 15, 15]


@pytest.mark.parametrize(
    "fault",
    [answer(502, {}), answer(503, {"error": "x"}), lambda exchange: exchange.reset()],
    ids=["502", "503", "cut"],
)
def test_a_failed_poll_is_made_up_for_by_the_next(
    server: FaultServer, login: DeviceLogin, timing: ManualTiming, fault: Handler
) -> None:
    server.on("POST", POLL, fault, TOKEN)
    login.wait_for_token(login.start())
    assert timing.waits == [5, 5]


@pytest.mark.parametrize(("status", "error"), [(200, "access_denied"), (403, "access_denied")])
def test_the_person_says_no(server: FaultServer, login: DeviceLogin, status: int, error: str) -> None:
    server.on("POST", POLL, pending(status, error))
    with pytest.raises(AuthenticationError, match="refused"):
        login.wait_for_token(login.start())


@pytest.mark.parametrize("status", [200, 400, 410])
def test_the_code_is_void(server: FaultServer, login: DeviceLogin, status: int) -> None:
    server.on("POST", POLL, pending(status, "expired_token"))
    with pytest.raises(AuthenticationError, match="expired"):
        login.wait_for_token(login.start())
    assert len(server.sent_to(POLL)) == 1


def test_polling_ends_with_the_code(server: FaultServer, login: DeviceLogin, timing: ManualTiming) -> None:
    server.on("POST", START, answer(200, {**CODE, "expires_in": 12}))
    server.on("POST", POLL, pending())
    with pytest.raises(AuthenticationError, match="expired"):
        login.wait_for_token(login.start())
    assert timing.waits == [5, 5, 5]


def test_a_plain_refusal_is_an_error(server: FaultServer, login: DeviceLogin) -> None:
    server.on("POST", POLL, answer(400, {"detail": "bad request"}))
    with pytest.raises(APIError, match="bad request"):
        login.wait_for_token(login.start())


@pytest.mark.parametrize(
    "body", [{}, {"access_token": 5}, {"access_token": "a\nb"}, {"error": "new_word"}, {"error": 5}], ids=range(5)
)
def test_an_answer_without_a_token_is_refused(
    server: FaultServer, login: DeviceLogin, body: dict[str, Any]
) -> None:
    server.on("POST", POLL, answer(200, body))
    with pytest.raises(InvalidResponseError):
        login.wait_for_token(login.start())


@pytest.mark.parametrize(
    "change",
    [
        {"verification_uri": "file:///etc/passwd"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "superserve.example"},
        {"verification_uri": "https://x.example/\x1b[0m"},
        {"verification_uri": "https://"},
        {"verification_uri_complete": "x-app://run"},
        {"verification_uri": None},
        {"user_code": ""},
        {"device_code": 5},
    ],
    ids=range(9),
)
def test_only_web_addresses_and_whole_answers_are_taken(
    server: FaultServer, login: DeviceLogin, change: dict[str, Any]
) -> None:
    server.on("POST", START, answer(200, {**CODE, **change}))
    with pytest.raises(InvalidResponseError):
        login.start()


@pytest.mark.parametrize(
    ("interval", "seconds"), [(None, 5), (0, 1), (-3, 1), (2, 2), (1e9, 60), ("5", 5), (True, 5)], ids=range(7)
)
def test_the_interval_is_kept_sane(
    server: FaultServer, login: DeviceLogin, interval: object, seconds: float
) -> None:
    server.on("POST", START, answer(200, {**CODE, "interval": interval, "expires_in": "soon"}))
    code = login.start()
    assert (code.interval_s, code.expires_s) == (seconds, 900)


def test_stopping_ends_the_wait(server: FaultServer, login: DeviceLogin, timing: ManualTiming) -> None:
    code: DeviceCode = login.start()
    timing.is_holding = True
    errors: list[Exception] = []

    def wait() -> None:
        try:
            login.wait_for_token(code)
        except AuthenticationError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert timing.is_waiting.wait(5)
    login.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert "stopped" in str(errors[0])
