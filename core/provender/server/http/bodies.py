"""The body of a request: read within a limit, of a media type that is known, of a known shape."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec

from provender.clock import duration_text, duration_us
from provender.errors import Problem, bytes_text, did_you_mean, listed, value_text
from provender.server.http.errors import BadBody, BodyLate, TooLarge, WrongMedia, WrongShape
from provender.wire.json_text import RepeatedKey, read_json
from provender.wire.names import ARROW, JSON

_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_LONGEST_TOLD = 100
_MOST_TOLD = 12
S = TypeVar("S", bound=msgspec.Struct)
Headers = Mapping[bytes, bytes]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
_JSON, _ARROW = JSON.encode(), ARROW.encode()


class Disconnected(Exception):  # noqa: N818 - no error: there is nobody to tell it
    """The client is gone before its request was read."""


async def read_body(receive: Receive, headers: Headers, limit: int, deadline: timedelta) -> bytes:
    """Return the whole body.

    Args:
        receive: See ASGI.
        headers: The headers of the request.
        limit: The most bytes that it may have.
        deadline: How long it may take to arrive.

    Raises:
        TooLarge: It has more bytes than `limit`.
        BodyLate: It did not arrive within the deadline.
        Disconnected: The client is gone.
    """
    seconds = deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, headers, limit)
    except TimeoutError:
        raise BodyLate(
            f"the body of the request did not arrive within {duration_text(duration_us(deadline))}",
            fix="send the whole body, as long as the header content-length says",
        ) from None


async def _whole(receive: Receive, headers: Headers, limit: int) -> bytes:
    announced = headers.get(b"content-length", b"0")
    if len(announced) > 18 or int(announced) > limit:  # the HTTP parser lets digits through alone
        raise _too_large(limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > limit:  # parts have no announced length
            raise _too_large(limit)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "the body is too large",
        allowed=bytes_text(limit),
        fix="split it into several requests, or raise server.max_body_bytes",
    )


def is_arrow(headers: Headers, *, allowed: bool = True) -> bool:
    """Return whether the body is an Arrow stream; otherwise it is JSON.

    Args:
        headers: The request's headers.
        allowed: Whether Arrow is read here.

    Raises:
        WrongMedia: It is neither, or does not say what it is: a web page of another origin could
            send that without being asked whether it may.
    """
    given = headers.get(b"content-type", b"").split(b";", 1)[0].strip().lower()
    if b"content-encoding" in headers:
        raise WrongMedia(
            "the body has a content-encoding, which is not supported",
            got=str(headers[b"content-encoding"]),
        )
    if given == _JSON:
        return False
    if given == _ARROW and allowed:
        return True
    media = f"{JSON} or {ARROW}" if allowed else JSON
    raise WrongMedia(
        "the media type of the body is not supported",
        got=given.decode("latin-1") or "no content-type",
        allowed=media,
        fix=f"send the header content-type: {JSON}",
    )


def wants_arrow(headers: Headers) -> bool:
    """Return whether the answer is to be an Arrow stream."""
    return _ARROW in headers.get(b"accept", b"")


class Shape:
    """Reads JSON as one type.

    Args:
        kind: The type: a msgspec struct.
    """

    def __init__(self, kind: type[S]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode
        self._fields = tuple(field.encode_name for field in msgspec.structs.fields(kind))

    def read(self, body: bytes) -> Any:
        """Return the body as the type.

        Raises:
            BadBody: It is no JSON.
            WrongShape: It is JSON of another shape, or gives a key twice.
        """
        try:
            return self._read(body)
        except RepeatedKey as error:
            raise WrongShape(
                "the body does not have the right shape: a key is given twice in one object",
                got=value_text(error.key, _LONGEST_TOLD),
                fix="give each key once",
            ) from None
        except msgspec.ValidationError as error:
            if unknown := _UNKNOWN.match(str(error)):
                raise WrongShape.of([unknown_name("field", unknown[1], self._fields)]) from None
            fact, _, path = str(error).partition(" - at `$")
            place = path.rstrip("`").lstrip(".")
            raise WrongShape.of([Problem(_sentence(fact), got=place and f"at {place}")]) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadBody("the body is not valid JSON", got=str(error)) from None

    def _read(self, body: bytes) -> Any:
        found = self._decode(body)
        read_json(body)  # msgspec keeps the last of two equal keys
        return found


def read_parameters(query: bytes, known: Mapping[str, type]) -> dict[str, Any]:
    """Return the parameters of an address.

    Args:
        query: The part of the address after the question mark.
        known: The parameters that there are: text, ``bool``, or ``list`` for one that may be
            repeated.

    Raises:
        WrongShape: One is unknown, repeated though it is no list, or not of its type.
    """
    given = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    if unknown := [name for name in given if name not in known]:
        raise WrongShape.of(
            [unknown_name("parameter", name, list(known)) for name in unknown[:_MOST_TOLD]]
        )
    return {name: _parameter(name, values, known[name]) for name, values in given.items()}


def _parameter(name: str, values: list[str], kind: type) -> Any:
    if kind is list:
        return values
    if len(values) > 1:
        raise WrongShape(f"the parameter {name!r} is repeated", allowed="one value")
    value = values[0]
    if kind is not bool:
        return value
    if value.lower() not in ("true", "false"):
        got = value[:_LONGEST_TOLD]
        raise WrongShape(f"the parameter {name!r} is not a flag", got=got, allowed="true or false")
    return value.lower() == "true"


def refuse_parameters(given: Iterable[str]) -> None:
    """Refuse parameters of an address that count only for an Arrow stream, where there is none.

    Raises:
        WrongShape: There are some.
    """
    if names := list(given):
        raise WrongShape(
            "parameters of the address count only where the body is an Arrow stream",
            got=listed(names),
            fix="send them as members of the body in JSON",
        )


def unknown_name(what: str, name: str, known: Sequence[str]) -> Problem:
    """Return what is wrong with a request that has a name which is not known here."""
    fact = f"unknown {what} {name[:_LONGEST_TOLD]!r}"
    return Problem(fact, allowed=listed(known), fix=did_you_mean(name, known))


def _sentence(fact: str) -> str:
    return f"the body does not have the right shape: {fact[:1].lower()}{fact[1:]}"
