"""The columns of a result: their names, their types, and how a file can hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.plugin.sql.names import named, query_text
from provender_aws.redshift_join import Join
from provender_aws.redshift_sql import DIALECT, in_utc, numbered


@dataclass(frozen=True)
class Result:
    """The result of a query.

    Attributes:
        schema: Its columns as the caller wants them; instants are TIMESTAMPTZ in the query.
        names: Their names, which may be there twice.
    """

    schema: pa.Schema
    names: tuple[str, ...] = field(default=())

    def unloadable(self, query: exp.Select) -> str:
        """Return a query as text whose columns any file can hold, named by their places."""
        found = query.copy()
        made = []
        for value, wanted in zip(found.expressions, self.schema.types, strict=True):
            plain = value.unalias()
            made.append(in_utc(plain) if at.is_timestamp(wanted) and wanted.tz else plain)
        found.set("expressions", made)
        return query_text(numbered(found), DIALECT)

    def named(self, query: exp.Select) -> exp.Select:
        """Return a query with the names of the result."""
        found = query.copy()
        pairs = zip(found.expressions, self.schema.names, strict=True)
        found.set("expressions", [named(value.unalias(), name) for value, name in pairs])
        return found


def join_result(join: Join) -> Result:
    """Return the result of a join: the spine's own columns if they are part, then the outputs."""
    own = [join.facts.schema.field(n) for n in join.plan.spine_columns] if join.own else []
    outputs = [
        pa.field(output, feature.type.arrow())
        for view in join.plan.joins
        for output, feature in zip(view.outputs, view.read.features, strict=True)
    ]
    return Result(pa.schema([*own, *outputs]))
