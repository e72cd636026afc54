"""Requests of the feature server and how their answers are read, whoever sends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from provender.arguments import check_argument, check_consent, check_flags
from provender.client.online_features import OnlineFeatures
from provender.definitions import FeatureService
from provender.definitions.projection import Projection
from provender.definitions.requested import Features, requested
from provender.errors import RequestError, value_text
from provender.names import check_given_names
from provender.tabular.given_rows import as_table, given_rows, python_values
from provender.wire import names, requests
from provender.wire.answers import OnlineAnswer, PushAnswer, Run
from provender.wire.python_rows import columns_to_json

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
_WHAT = "entity rows"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request.

    Attributes:
        path: Where it goes.
        read: Reads the body of the answer.
        body: Its body; None: it is a GET.
        media: The media type of the body.
        accept: The media type of the answer.
        parameters: What stands in the address.
        codes: The codes that are answers.
        repeatable: Whether doing it twice does no harm, so that it is sent again when its answer
            is lost.
    """

    path: str
    read: Callable[[bytes], T]
    body: bytes | None = None
    media: str = names.JSON
    accept: str = names.JSON
    parameters: Sequence[tuple[str, str]] = ()
    codes: frozenset[int] = field(default=frozenset({200}))
    repeatable: bool = True


def online(features: Features, entities: Any, *, full: bool) -> Call[OnlineFeatures]:
    """Return a read of online features."""
    check_flags(full_feature_names=full)
    references, service = _references(features)
    columns, marks = columns_to_json(_columns(entities))
    asked = requests.OnlineRequest(
        entities=columns,
        features=references,
        feature_service=service,
        full_feature_names=full,
        not_finite=marks,
    )
    decode = msgspec.json.Decoder(OnlineAnswer).decode
    return Call(names.ONLINE_FEATURES, lambda body: OnlineFeatures(decode(body)), _json(asked))


def online_table(
    features: Features, entities: Any, *, full: bool, metadata: bool
) -> Call[pa.Table]:
    """Return a read of online features in Arrow."""
    from provender.wire.arrow_stream import read_stream, write_stream

    check_flags(full_feature_names=full, metadata=metadata)
    references, service = _references(features)
    asked = [("features", one) for one in references]
    if service is not None:
        asked = [("feature_service", service)]
    flags = [("full_feature_names", _flag(full)), ("metadata", _flag(metadata))]
    body = write_stream(as_table(given_rows(entities, _WHAT)))
    arrow = names.ARROW
    return Call(names.ONLINE_FEATURES, read_stream, body, arrow, arrow, [*asked, *flags])


def push(source: str, rows: Any, to: str) -> Call[PushAnswer]:
    """Return a push to a push source."""
    return _rows(names.PUSH, rows, {"push_source_name": source, "to": to})


def write(view: str, rows: Any) -> Call[PushAnswer]:
    """Return a merge of rows into one view online."""
    return _rows(names.WRITE_ONLINE, rows, {"feature_view_name": view})


def materialize(start: str, end: str, views: Sequence[str] | None) -> Call[Run]:
    """Return what begins a materialization."""
    asked = requests.MaterializeRequest(start, end, _views(views))
    return _run(names.MATERIALIZE, _json(asked), 202)


def materialize_incremental(end: str, views: Sequence[str] | None) -> Call[Run]:
    """Return what begins an incremental materialization."""
    asked = requests.MaterializeIncrementalRequest(end, _views(views))
    return _run(names.MATERIALIZE_INCREMENTAL, _json(asked), 202)


def rebuild(
    views: Sequence[str] | None,
    end: str | None,
    *,
    keep_pushed: bool,
    allow_data_loss: bool | Sequence[str],
) -> Call[Run]:
    """Return what begins a rebuild."""
    check_flags(keep_pushed=keep_pushed)
    check_consent(allow_data_loss)
    agreed = [allow_data_loss] if isinstance(allow_data_loss, str) else allow_data_loss
    agreed = agreed if isinstance(agreed, bool) else list(agreed)
    asked = requests.RebuildRequest(_views(views), end, keep_pushed, agreed)
    return _run(names.REBUILD, _json(asked), 202)


def run(run_id: str) -> Call[Run]:
    """Return a look at a run."""
    check_argument("run_id", run_id, str, "the id of a run, as text")
    return _run(names.RUNS + quote(run_id, safe=""), None, 200)


def probe(path: str) -> Call[bool]:
    """Return a look whether a server lives, or is ready."""
    return Call(path, lambda body: True)


def _views(views: Sequence[str] | None) -> list[str] | None:
    if views is None:
        return None
    check_given_names("feature view", views)
    return list(views) or None


def _run(path: str, body: bytes | None, code: int) -> Call[Run]:
    return Call(path, msgspec.json.Decoder(Run).decode, body, codes=frozenset({code}))


def _rows(path: str, rows: Any, said: Mapping[str, str]) -> Call[PushAnswer]:
    """Return a call with rows: as JSON when they are Python values alone, otherwise as Arrow."""
    read = msgspec.json.Decoder(PushAnswer).decode
    given = given_rows(rows)
    if all(isinstance(column, list) for column in given.columns.values()):
        columns, marks = columns_to_json(given.columns)
        more = {"not_finite": marks} if marks else {}
        return Call(path, read, _json({**said, "df": columns, **more}))
    from provender.wire.arrow_stream import write_stream

    table = as_table(given)
    return Call(path, read, write_stream(table), names.ARROW, parameters=list(said.items()))


def _references(features: Features | None) -> tuple[list[str], str | None]:
    """Return references, or the name of a feature service, or of a view, that stands alone.

    Raises:
        RequestError: They are something else, or a part of a view that no reference names.
    """
    given = requested(features)
    if isinstance(given, FeatureService | str):
        return [], given if isinstance(given, str) else given.name
    return [one for part in given for one in _references_of(part)], None


def _references_of(part: str | Projection) -> list[str]:
    if isinstance(part, str):
        return [part]
    if part.name != part.view or part.join_key_map:
        raise RequestError(
            "a request to a feature server cannot rename a view or map its join keys",
            got=value_text(part),
            fix="register a feature service with it, and request that by its name",
        )
    if part.features is None:
        return [part.view]
    return [f"{part.view}:{feature}" for feature in part.features]


def _columns(rows: Any) -> dict[str, list[Any]]:
    columns = given_rows(rows, _WHAT).columns
    return {n: v if isinstance(v, list) else python_values(v) for n, v in columns.items()}


def _json(asked: msgspec.Struct | Mapping[str, Any]) -> bytes:
    """Return the body of a request.

    Raises:
        RequestError: An argument cannot be written as JSON.
    """
    try:
        return msgspec.json.encode(asked)
    except (TypeError, ValueError, OverflowError) as error:
        raise RequestError("the request cannot be written as JSON", got=str(error)) from error


def _flag(value: bool) -> str:
    return "true" if value else "false"
