"""What is read, in the forms that Feast returns: `RetrievalJob` and `OnlineResponse`."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError
from provender_feast.errors import as_feasts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from provender.offline.retrieval_job import RetrievalJob as Job
    from provender.online.response import OnlineResponse as Response

TIMESTAMP_POSTFIX = "__ts"
"""What follows the name of a feature in the name of the column with its event timestamp."""


class RetrievalJob:
    """Training rows that are read when they are asked for.

    Args:
        job: Provender's job.
        full_feature_names: Whether columns are named ``view__feature``.

    Attributes:
        job: Provender's job.
    """

    def __init__(self, job: Job, *, full_feature_names: bool = False) -> None:
        self.job = job
        self.full_feature_names = full_feature_names

    def to_df(self, validation_reference: object = None, timeout: int | None = None) -> Any:
        """Return the rows as a pandas DataFrame.

        Args:
            validation_reference: Not supported.
            timeout: Not supported.
        """
        _check(validation_reference, timeout)
        with as_feasts():
            return self.job.to_df()

    def to_arrow(self, validation_reference: object = None, timeout: int | None = None) -> pa.Table:
        """Return the rows as an Arrow table; see `to_df`."""
        _check(validation_reference, timeout)
        with as_feasts():
            return self.job.to_arrow()

    def to_sql(self) -> str:
        """Return the query."""
        return self.job.sql

    def supports_remote_storage_export(self) -> bool:
        """Return whether the rows can be written to files by the warehouse: through `job` alone."""
        return False


def _check(validation_reference: object, timeout: int | None) -> None:
    if validation_reference is not None:
        raise RequestError("validation_reference= is not supported")
    if timeout is not None:
        raise RequestError("timeout= is not supported", fix="set it in feature_store.yaml")


class OnlineResponse:
    """Feature vectors.

    Args:
        response: Provender's response.
        left_out: The columns of the entity rows that are not join keys.

    Attributes:
        response: Provender's response, with a status for every value.
    """

    def __init__(self, response: Response, left_out: Collection[str]) -> None:
        self.response = response
        self._left_out = left_out

    def to_dict(self, include_event_timestamps: bool = False) -> dict[str, list[Any]]:
        """Return the response by column; texts of the type Json are parsed.

        Args:
            include_event_timestamps: Add ``NAME__ts`` for each feature: epoch seconds, 0 where
                there is no row.
        """
        with as_feasts():
            found = self.response.to_dict(include_event_timestamps=include_event_timestamps)
        for view in self.response.views:
            for name, kind in zip(view.outputs, view.types, strict=True):
                if kind.name == "Json":
                    found[name] = [_parsed(value) for value in found[name]]
                if include_event_timestamps:
                    found[name + TIMESTAMP_POSTFIX] = _seconds(view.events)
        return {name: values for name, values in found.items() if name not in self._left_out}

    def to_df(self, include_event_timestamps: bool = False) -> pd.DataFrame:
        """Return the response as a pandas DataFrame; see `to_dict`."""
        import pandas as pd

        return pd.DataFrame(self.to_dict(include_event_timestamps))

    def to_arrow(self, include_event_timestamps: bool = False) -> pa.Table:
        """Return the response as an Arrow table; see `to_dict`."""
        import pyarrow as pa

        return pa.Table.from_pandas(self.to_df(include_event_timestamps), preserve_index=False)


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _seconds(events: Sequence[int | None]) -> list[int]:
    return [0 if us is None else us // 1_000_000 for us in events]
