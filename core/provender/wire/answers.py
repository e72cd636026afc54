"""The bodies of answers, as msgspec reads and writes them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Metadata(msgspec.Struct):
    """What the columns of an `OnlineAnswer` are named, in their order."""

    feature_names: list[str]


class Vector(msgspec.Struct):
    """One column of an `OnlineAnswer`, a member for each entity row.

    Attributes:
        values: The values; see `provender.wire.json_values`.
        statuses: PRESENT, NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE.
        event_timestamps: RFC 3339, in UTC; 1970-01-01T00:00:00Z where there is no row, and for
            the entity columns.
    """

    values: list[Any]
    statuses: list[str]
    event_timestamps: list[str]


class OnlineAnswer(msgspec.Struct):
    """Answer of ``POST /get-online-features``: the entity columns, then the features."""

    metadata: Metadata
    results: list[Vector]


class PushAnswer(msgspec.Struct):
    """Answer of ``POST /push`` and ``POST /write-to-online-store``.

    Attributes:
        rows: How many rows were pushed.
        offline: The sources that they were appended to.
        online: The views that they were merged into.
    """

    rows: int
    offline: list[str] = []
    online: list[str] = []


class RunView(msgspec.Struct):
    """What came of one view in a run.

    Attributes:
        view: Its name.
        rows: How many rows were written.
        error: Why it failed; null if it did not.
        read: How many rows were read.
        equal: How many of them were online already.
        kept_back: How many of them were not written because the online row of their key is newer.
        warning: For some key the online store has a newer row than the source.
        generation: After a rebuild: the generation that is served since.
        kept: After a rebuild: how many rows were kept that are only online.
        dropped: After a rebuild: how many rows were dropped that were only online; null where
            that was not counted.
    """

    view: str
    rows: int
    error: str | None = None
    read: int = 0
    equal: int = 0
    kept_back: int = 0
    warning: ProblemAnswer | None = None
    generation: int | None = None
    kept: int | None = None
    dropped: int | None = None


class Run(msgspec.Struct):
    """A materialization, or a rebuild, in the background; answer of ``GET /runs/{id}``.

    Attributes:
        id: Its id.
        state: ``lost``: the process that did it is gone; running it again is right.
        kind: What was asked for.
        created: When it was asked for, RFC 3339 in UTC.
        updated: When its process was last heard of.
        rows: How many rows were written so far.
        views: What came of the views that are done.
        problems: Why it failed.
    """

    id: str
    state: Literal["queued", "running", "succeeded", "failed", "stopped", "lost"]
    kind: Literal["materialize", "materialize-incremental", "rebuild"]
    created: str
    updated: str
    rows: int = 0
    views: list[RunView] = []
    problems: list[ProblemAnswer] = []


class ProblemAnswer(msgspec.Struct, omit_defaults=True):
    """One thing that is wrong; see `provender.errors.Problem`."""

    fact: str
    got: str | None = None
    allowed: str | None = None
    fix: str | None = None


class Failure(msgspec.Struct):
    """What is wrong with a request, or why it could not be done.

    Attributes:
        type: The class of the error in `provender.errors`, or one of the server's own.
        status: The code of the answer.
        message: The first problem's fact.
        problems: All that is wrong.
    """

    type: str
    status: int
    message: str
    problems: list[ProblemAnswer]


class FailureAnswer(msgspec.Struct):
    """The one shape of every answer with a code from 400 on."""

    error: Failure
