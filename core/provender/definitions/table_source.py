"""`TableSource`: rows of a table, or of a query; the sources of databases extend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions.making import set_fields
from provender.definitions.older_names import current_names
from provender.definitions.places import argument_place, caller_place
from provender.definitions.problems import as_mapping, check_texts, report
from provender.definitions.source import DataSource
from provender.errors import Problem


@dataclass(frozen=True, init=False, repr=False)
class TableSource(DataSource):
    """Rows in a table or view of a database, or those of a query.

    A subclass sets its `kind`, and adds its own fields. Its ``__init__`` takes every
    argument by its name, older ones in ``**older``, and passes all of them to `_define`.

    Attributes:
        older_names: Older names of arguments, and the names that they have now.
        table: The table; None for a query.
        query: The query; None for a table.
    """

    older_names: ClassVar[Mapping[str, str]] = {"event_timestamp_column": "timestamp_field"}

    table: str | None
    query: str | None

    def _define(self, older: Mapping[str, Any], **given: Any) -> None:
        """Check what was given, and set it.

        Args:
            older: Arguments under older names.
            given: Arguments by their names; empty ones mean None.

        Raises:
            DefinitionError: Everything that is not valid, as one error.
        """
        place = caller_place()
        current, problems = current_names(type(self), older, self.older_names, place)
        values = {name: value or None for name, value in {**given, **current}.items()}
        values["name"] = values["name"] or values["table"]
        what = f"{type(self).__name__} {values['name']!r}"
        for argument in ("field_mapping", "tags"):
            values[argument], unfit = as_mapping(what, values[argument], place, argument)
            problems += unfit
        texts = {n: v for n, v in values.items() if n not in ("field_mapping", "tags")}
        problems += check_texts(what, texts, place)
        values |= {name: values[name] or "" for name in ("description", "owner")}
        set_fields(self, **values, place=place)
        report([*problems, *([] if problems else self._checked())], self)

    def _checked(self) -> list[Problem]:
        """Return what is wrong with arguments that are all of the right type."""
        what = f"a {type(self).__name__}"
        if (self.table is None) == (self.query is None):
            got = "neither" if self.table is None else "both"
            fact = f"{what} needs either a table or a query"
            return [Problem(fact, got=got, allowed="table= or query=", place=self.place)]
        if self.query is not None and not self.name:
            fact = f"{what} with a query has no name"
            return [Problem(fact, fix="give it one by name=", place=self.place)]
        return self._own_problems()

    def _own_problems(self) -> list[Problem]:
        """Return what is wrong with the arguments that only the subclass has."""
        return []

    def _place_of(self, argument: str) -> str:
        """Return ``file:line`` of an argument."""
        return argument_place(self.place, argument)

    def location(self) -> str:
        """Return the table, or the query in one line."""
        return self.table or " ".join(str(self.query).split())
