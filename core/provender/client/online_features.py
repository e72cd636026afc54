"""`OnlineFeatures`: what a server answered, by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from provender.errors import NotFound, RequestError, count_text, did_you_mean, listed, shortened
from provender.names import repeated
from provender.wire.answers import OnlineAnswer, Vector


class OnlineFeatures(Mapping[str, list[Any]]):
    """The values of each column: the entity columns, then the features.

    Values are in the terms of JSON (see `provender.wire.json_values`): timestamps and decimals are
    text, for example. `Client.get_online_table` gives exact types.

    Args:
        answer: What the server answered.

    Raises:
        RequestError: An older server gave two columns of one name.
    """

    def __init__(self, answer: OnlineAnswer) -> None:
        names = answer.metadata.feature_names
        if twice := repeated(names):
            raise RequestError(
                "two columns of the response have the same name",
                got=listed(twice),
                fix="pass full_feature_names=True, or rename the entity columns",
            )
        self._vectors = dict(zip(names, answer.results, strict=True))

    def __getitem__(self, name: str) -> list[Any]:
        return self._vector(name).values

    def __iter__(self) -> Iterator[str]:
        return iter(self._vectors)

    def __repr__(self) -> str:
        count = len(next(iter(self.values()), ()))
        return f"<OnlineFeatures: {count_text(count, 'row')}; {shortened(self)}>"

    def __len__(self) -> int:
        return len(self._vectors)

    def statuses(self, name: str) -> list[str]:
        """Return for each row PRESENT, NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE.

        Raises:
            NotFound: There is no such column.
        """
        return self._vector(name).statuses

    def event_timestamps(self, name: str) -> list[datetime]:
        """Return for each row when its value was true, in UTC; 1970 where there is no row.

        Raises:
            NotFound: There is no such column.
        """
        return [datetime.fromisoformat(text) for text in self._vector(name).event_timestamps]

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the values of all columns."""
        return {name: vector.values for name, vector in self._vectors.items()}

    def _vector(self, name: str) -> Vector:
        if name not in self._vectors:
            raise NotFound(
                f"the answer has no column {name!r}",
                allowed=listed(self._vectors),
                fix=did_you_mean(name, self._vectors),
            )
        return self._vectors[name]
