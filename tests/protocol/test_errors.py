"""Statuses and the classes that stand for them."""

from __future__ import annotations

import pytest

from superserve_tui import protocol
from superserve_tui.protocol import APIError, SuperserveError, error_for_status


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (405, "MethodNotAllowedError"),
        (409, "ConflictError"),
        (410, "NotFoundError"),
        (413, "PayloadTooLargeError"),
        (418, "APIError"),
        (422, "InvalidInputError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (503, "ServerError"),
    ],
)
def test_every_status_has_its_class(status: int, name: str) -> None:
    error = error_for_status(status, "words", details={"a": 1}, retry_after_s=2)
    assert type(error) is getattr(protocol, name)
    assert (error.status, error.message, str(error)) == (status, "words", "words")
    assert (error.details, error.retry_after_s) == ({"a": 1}, 2)


def test_a_class_raised_by_the_server_knows_its_status() -> None:
    kinds = [kind for kind in vars(protocol).values() if isinstance(kind, type) and issubclass(kind, APIError)]
    for kind in kinds:
        if kind is not APIError:
            assert error_for_status(kind("x").status, "x").status == kind.default_status


def test_every_error_is_one_of_the_tree() -> None:
    kinds = [kind for kind in vars(protocol).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 15
    assert all(issubclass(kind, SuperserveError) for kind in kinds)
