"""From definitions to catalog views: what a definition leaves open is found in the data.

Every definition is checked against its source; all problems are reported together, each with
the place of the definition.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from provender.catalog.catalog import Catalog
from provender.catalog.collisions import collisions
from provender.catalog.source_schemas import SchemaOf, SourceSchemas
from provender.catalog.standing import declared_type, stands
from provender.catalog.view import CatalogView, JoinKey
from provender.definitions import DataSource, Entity, FeatureView, Field, PushSource
from provender.errors import Problem, ProvenderError, did_you_mean, listed
from provender.plugin.conform import readable_as
from provender.types import KEY_TYPES, FeatureType, UnixTimestamp, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T", DataSource, FeatureView)


class ViewResolver:
    """Completes feature views from their entities and their data.

    Args:
        catalog: What is registered.
        entities: The entities that views may name.
        schema_of: Looks a source up in the offline store.

    Attributes:
        problems: Everything that was wrong with the views resolved so far.
        standing: The names of those that are registered just as they are defined.
    """

    def __init__(
        self, catalog: Catalog, entities: Mapping[str, Entity], schema_of: SchemaOf
    ) -> None:
        self._catalog = catalog
        self._entities = entities
        self._schemas = SourceSchemas(schema_of)
        self.problems: list[Problem] = []
        self.standing: list[str] = []

    def resolve(self, view: FeatureView) -> CatalogView | None:
        """Return the view as it is to be registered; None when it has `problems`, or stands."""
        if stands(view, self._entities, self._catalog):
            self.standing.append(view.name)
            return None
        known = len(self.problems)
        schema = self._schema(view)
        entities = [e for name in view.entities if (e := self._entity(view, name))]
        if schema is None or len(self.problems) > known:
            return None
        for problem in collisions(view, entities, schema.names):
            self._problem(
                view, problem.fact, got=problem.got, allowed=problem.allowed, fix=problem.fix
            )
        source = self._source(view, schema)
        keys = tuple(key for e in entities if (key := self._key(view, e, schema)))
        fields = self._fields(view, {key.name for key in keys}, source, schema)
        if len(self.problems) > known:
            return None
        complete = _with(view, source, fields)
        return CatalogView(self._catalog.project, complete, keys)

    def _problem(self, view: FeatureView, fact: str, **notes: str | None) -> None:
        fact = f"feature view {view.name!r}: {fact}"
        self.problems.append(Problem(fact, **notes, place=view.place or None))

    def _schema(self, view: FeatureView) -> pa.Schema | None:
        try:
            return self._schemas.of(view.source)
        except ProvenderError as error:
            for problem in error.problems:
                self._problem(view, problem.fact, got=problem.got, fix=problem.fix)
            return None

    def _entity(self, view: FeatureView, name: str) -> Entity | None:
        if name in self._entities:
            return self._entities[name]
        fix = did_you_mean(name, self._entities) or f"define Entity(name={name!r})"
        self._problem(
            view, f"no entity {name!r} is defined", allowed=listed(self._entities), fix=fix
        )
        return None

    def _source(self, view: FeatureView, schema: pa.Schema) -> DataSource:
        """Return the view's source with its timestamp field filled in."""
        source = view.source
        if source.created_timestamp_column:
            self._check_column(view, source.created_timestamp_column, UnixTimestamp, schema)
        if source.timestamp_field:
            self._check_column(view, source.timestamp_field, UnixTimestamp, schema)
            return source
        found = [f.name for f in schema if from_arrow(f.type) == UnixTimestamp]
        found = [name for name in found if name != source.created_timestamp_column]
        if len(found) == 1:
            return _timed(source, found[0])
        self._problem(
            view,
            f"the event timestamp of source {source.name!r} is not clear",
            got=f"timestamp columns: {listed(found)}",
            fix="name it by timestamp_field=",
        )
        return source

    def _check_column(
        self, view: FeatureView, column: str, kind: FeatureType, schema: pa.Schema
    ) -> None:
        where = f"source {view.source.name!r} ({view.source.location()})"
        count = schema.names.count(column)
        if count != 1:
            self._problem(
                view,
                f"{where} has {'no' if not count else 'more than one'} column {column!r}",
                allowed=listed(schema.names),
                fix=did_you_mean(column, schema.names),
            )
        elif not readable_as(schema.field(column).type, kind):
            self._problem(
                view,
                f"column {column!r} of {where} has another type",
                got=str(schema.field(column).type),
                allowed=str(kind),
                fix="declare the type of the data, or mend the data",
            )

    def _key(self, view: FeatureView, entity: Entity, schema: pa.Schema) -> JoinKey | None:
        name = entity.join_key
        kind = declared_type(view, entity)
        column = view.source.column_of(name)
        if kind is None and column in schema.names:
            kind = from_arrow(schema.field(column).type)
            if kind is None or kind.name not in KEY_TYPES:
                stored = str(schema.field(column).type)
                fact = f"column {column!r} cannot be a join key"
                self._problem(view, fact, got=stored, allowed=listed(KEY_TYPES))
                return None
        self._check_column(view, column, kind or UnixTimestamp, schema)
        return JoinKey(entity.name, name, kind) if kind else None

    def _fields(
        self, view: FeatureView, keys: set[str], source: DataSource, schema: pa.Schema
    ) -> tuple[Field, ...]:
        if not [field for field in view.schema if field.name not in keys]:
            return (*view.schema, *self._inferred(view, keys, source, schema))
        for field in view.schema:
            if field.name not in keys:
                self._check_column(view, source.column_of(field.name), field.dtype, schema)
        return view.schema

    def _inferred(
        self, view: FeatureView, keys: set[str], source: DataSource, schema: pa.Schema
    ) -> list[Field]:
        """Return a field for each column that is neither a key nor a timestamp of the source."""
        taken = {source.timestamp_field, source.created_timestamp_column}
        columns = [field for field in schema if field.name not in taken]
        named = [(source.field_mapping.get(c.name, c.name), c.type) for c in columns]
        features = [(name, from_arrow(kind)) for name, kind in named if name not in keys]
        stored = dict(named)
        if not features:
            self._problem(view, "no feature is defined or found in the source")
        for name, kind in features:
            if kind is None:
                fix = "give the view a schema= without it"
                fact = f"column {name!r} has a type without a feature type"
                self._problem(view, fact, got=str(stored[name]), fix=fix)
        return [Field(name, kind) for name, kind in features if kind]


def _with(view: FeatureView, source: DataSource, fields: tuple[Field, ...]) -> FeatureView:
    return replace_field(replace_field(view, "source", source), "schema", fields)


def _timed(source: DataSource, timestamp: str) -> DataSource:
    """Return a source with its timestamp field; a push source has its batch source's."""
    stored = replace_field(source.stored, "timestamp_field", timestamp)
    return source.over(stored) if isinstance(source, PushSource) else stored


def replace_field(definition: T, name: str, value: object) -> T:
    """Return a copy of a definition with one attribute changed."""
    changed = copy.copy(definition)
    object.__setattr__(changed, name, value)
    return changed
