"""`PostgresSource`: rows of a table, or those of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from provender.definitions import DataSource
from provender.definitions.caller import caller_place
from provender.errors import DefinitionError, Problem


@dataclass(frozen=True, kw_only=True, repr=False)
class PostgresSource(DataSource):
    """Rows in PostgreSQL; see `DataSource` for what all sources have.

    Attributes:
        table: A table or view, such as ``trips`` or ``sales.trips``.
        query: A SELECT, instead of a table; it needs a name.

    Raises:
        DefinitionError: There is not exactly one of the two, or no name.
    """

    kind: ClassVar[str] = "postgres"

    name: str = ""
    table: str | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        """Take the table's name, and check what was given."""
        object.__setattr__(self, "name", self.name or self.table or "")
        object.__setattr__(self, "place", self.place or caller_place())
        problems = []
        if bool(self.table) == bool(self.query):
            got = f"table={self.table!r}, query={self.query!r}"
            fact = "a PostgresSource reads either a table or a query"
            problems.append(Problem(fact, got, "one of table= and query=", place=self.place))
        if not self.name:
            fact = "a PostgresSource of a query needs a name"
            problems.append(Problem(fact, fix="give it a name=", place=self.place))
        if problems:
            raise DefinitionError.of(problems)

    def location(self) -> str:
        """Return the table, or the query."""
        return self.table or f"({self.query})"
