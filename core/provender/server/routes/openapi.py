"""``GET /openapi.json``: the description of the API, as OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from provender import __version__
from provender.server.context import Context
from provender.server.routes.openapi_examples import examples
from provender.server.routes.openapi_schemas import FAILURE, reference, schemas
from provender.wire import answers, names, requests

_ERRORS = {
    "400": "The body is not valid JSON.",
    "401": "A token is needed.",
    "403": "The scope of the token does not allow this.",
    "404": "A view, feature, service, source or run is not known.",
    "408": "The body did not arrive in time.",
    "413": "There are too many rows, or bytes.",
    "415": "The media type is not supported.",
    "421": "The header Host names a host that is not served.",
    "422": "The request does not fit: its shape, its features, its rows.",
    "429": "Too many runs are waiting.",
    "503": "A store cannot be reached, or its circuit breaker is open.",
    "504": "A store did not answer in time.",
}
_WRONG_BODY = ("400", "408", "413", "415", "422", "503")


async def openapi_json(request: Request, context: Context) -> Response:
    """Answer with the description.

    Examples name what is registered, unless a token is needed to know it.
    """
    bodies: Mapping[str, Any] = {}
    if context.guard is None and context.refresh.is_loaded:
        bodies = await context.housekeeping.run(lambda: examples(context.store.catalog))
    return Response(msgspec.json.encode(description(bodies)), media_type=names.JSON)


def description(bodies: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole description.

    Args:
        bodies: An example of the body in JSON, by path.
    """
    paths = _paths()
    for path, body in bodies.items():
        paths[path]["post"]["requestBody"]["content"][names.JSON]["example"] = body
    return {
        "openapi": "3.0.3",
        "info": {"title": "Provender feature server", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}, {}],
    }


def _paths() -> dict[str, Any]:
    return {
        names.ONLINE_FEATURES: {"post": _online()},
        names.PUSH: {"post": _push()},
        names.WRITE_ONLINE: {"post": _write_online()},
        names.MATERIALIZE: {
            "post": _run(
                "materialize",
                "Load the rows of a time range into the online store",
                requests.MaterializeRequest,
            )
        },
        names.MATERIALIZE_INCREMENTAL: {
            "post": _run(
                "materializeIncremental",
                "Load new rows into the online store",
                requests.MaterializeIncrementalRequest,
            )
        },
        names.REBUILD: {
            "post": _run(
                "rebuild",
                "Make online rows equal to the offline store, without a gap in serving",
                requests.RebuildRequest,
            )
        },
        names.RUNS + "{id}": {"get": _run_status()},
        names.HEALTH: {"get": _get("getHealth", "Report that the process is alive")},
        names.READY: {"get": _get("getReady", "Report whether requests can be served", "503")},
    }


def _push() -> dict[str, Any]:
    return _post(
        "push",
        "Write rows to the views of a push source",
        requests.PushRequest,
        {"200": _answer("The rows are written.", answers.PushAnswer)},
        ("404", "504"),
        (
            _option("push_source_name", _TEXT, "The push source."),
            _option("to", _member(requests.PushRequest, "to"), "Where the rows go."),
        ),
    )


def _write_online() -> dict[str, Any]:
    return _post(
        "writeToOnlineStore",
        "Write rows of one view to the online store",
        requests.WriteRequest,
        {"200": _answer("The rows are written.", answers.PushAnswer)},
        ("404", "504"),
        (_option("feature_view_name", _TEXT, "The view."),),
    )


def _online() -> dict[str, Any]:
    operation = _post(
        "getOnlineFeatures",
        "Read the newest features of entities",
        requests.OnlineRequest,
        {"200": _answer("The features.", answers.OnlineAnswer)},
        ("404", "504"),
        (
            _option("features", _TEXTS, "References such as `driver_stats:rating`."),
            _option("feature_service", _TEXT, "The name of a feature service."),
            _option("full_feature_names", _FLAG, "Name features `driver_stats__rating`."),
            _option("metadata", _FLAG, "Add columns with statuses and timestamps.", "an answer"),
        ),
    )
    operation["responses"]["200"]["content"][names.ARROW] = _STREAM
    return operation


_STREAM = {"schema": {"type": "string", "format": "binary"}}
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_FLAG = {"type": "boolean"}


def _post(
    operation_id: str,
    summary: str,
    body: type,
    found: dict[str, Any],
    errors: tuple[str, ...],
    parameters: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    content = {names.JSON: {"schema": reference(body)}}
    if parameters:
        content[names.ARROW] = _STREAM
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {**found, **_failures(*_WRONG_BODY, *errors, "401", "403", "421")},
    }
    return operation | ({"parameters": list(parameters)} if parameters else {})


def _run(operation_id: str, summary: str, body: type) -> dict[str, Any]:
    begun = _answer("The run, which continues in the background.", answers.Run)
    begun["links"] = {
        "state": {
            "operationId": _GET_RUN,
            "parameters": {"id": "$response.body#/id"},
            "description": "The state of the run.",
        }
    }
    return _post(operation_id, summary, body, {"202": begun}, ("404", "429"))


_GET_RUN = "getRun"


def _run_status() -> dict[str, Any]:
    run_id = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    return {
        "operationId": _GET_RUN,
        "summary": "Report the state of a run",
        "parameters": [{**run_id, "description": "The id of the answer that the run began with."}],
        "responses": {
            "200": _answer("The run.", answers.Run),
            **_failures("401", "403", "404", "421", "503"),
        },
    }


def _get(operation_id: str, summary: str, *others: str) -> dict[str, Any]:
    content = {names.JSON: {"schema": {"type": "object"}}}
    responses = {
        code: {"description": summary if code == "200" else _ERRORS[code], "content": content}
        for code in ("200", *others)
    }
    responses |= _failures("421")
    return {
        "operationId": operation_id,
        "summary": summary,
        "security": [],
        "responses": responses,
    }


def _member(body: type, name: str) -> dict[str, Any]:
    """Return the schema of a member of a body, without what is said of it there."""
    schema = schemas()[body.__name__]["properties"][name]
    return {part: value for part, value in schema.items() if part not in ("description", "default")}


def _option(name: str, schema: dict[str, Any], text: str, used: str = "a body") -> dict[str, Any]:
    """Return an option that is part of the address when a body or an answer is an Arrow stream."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": f"{text} Only for {used} that is an Arrow stream.",
        "schema": schema,
    }


def _answer(text: str, kind: type) -> dict[str, Any]:
    return {"description": text, "content": {names.JSON: {"schema": reference(kind)}}}


def _failures(*codes: str) -> dict[str, Any]:
    content = {names.JSON: {"schema": FAILURE}}
    return {code: {"description": _ERRORS[code], "content": content} for code in sorted(codes)}
