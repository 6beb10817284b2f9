"""Which models an endpoint offers, for the person who adds an agent.

May import: httpx, protocol, this package's address and failures, the standard library.
"""

from __future__ import annotations

from superserve_tui.protocol import JsonObject, SuperserveError, loads_object
from superserve_tui.server.agents.model.address import EndpointAddress
from superserve_tui.server.agents.model.failures import EndpointError, failure, refusal, unreachable

__all__ = ["ModelListError", "list_models"]

_TIMEOUT_S = 10.0
_MAX_BYTES = 16 * 1024 * 1024


class ModelListError(SuperserveError):
    """The models can't be listed. The message is for the person: see `failures.failure`."""


def list_models(base_url: str, *, key: str | None = None, key_variable: str | None = None) -> list[str]:
    """The names of the models at `base_url`, in the endpoint's order. Blocks, for about 10 s at most.

    Args:
        base_url: The endpoint, with `/v1`.
        key: Its key, where it wants one.
        key_variable: Where the key comes from, for words about it.

    Raises:
        ModelListError: the address is wrong, or the endpoint did not give a list.
    """
    try:
        address = EndpointAddress.parse(base_url)
    except ValueError as error:
        raise ModelListError(f"{error}.") from None
    if key is not None and (reason := address.refuse_key(key)) is not None:
        raise ModelListError(f"{reason[0].upper()}{reason[1:]}.")
    try:
        return _names(_ask(address, key))
    except EndpointError as error:
        told = failure(error, endpoint=address.name, model="any", key_variable=key_variable, key=key)
        raise ModelListError(told.message) from error


def _ask(address: EndpointAddress, key: str | None) -> JsonObject:
    import httpx

    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    try:
        with (
            httpx.Client(timeout=_TIMEOUT_S, trust_env=not address.is_loopback, headers=headers) as client,
            client.stream("GET", address.models_url) as response,
        ):
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise EndpointError("sent a list of more than 16 MB")
    except httpx.ConnectError as error:
        raise unreachable(error) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EndpointError("did not answer with a list of models", code="unreachable") from error
    if response.status_code >= 400:
        raise refusal(response.status_code, response.reason_phrase, body[:65536], None)
    answer = loads_object(body.decode("utf-8", "replace"))
    if response.status_code >= 300 or answer is None:
        raise EndpointError("did not answer with a list of models; check the address, which usually ends in /v1")
    return answer


def _names(answer: JsonObject) -> list[str]:
    rows = answer.get("data") or answer.get("models")
    names: list[str] = []
    for row in rows if isinstance(rows, list) else ():
        name = (row.get("id") or row.get("name")) if isinstance(row, dict) else row
        if isinstance(name, str) and name and name not in names:
            names.append(name)
    return names
