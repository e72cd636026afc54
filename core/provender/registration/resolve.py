"""From definitions to catalog views: what a definition leaves out is inferred from the data.

Every definition is checked against its source; all problems are reported together, each with
the place of the definition.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from provender.catalog.catalog import Catalog
from provender.catalog.source_schemas import SchemaOf, SourceSchemas
from provender.catalog.view import CatalogView, JoinKey
from provender.definitions import DataSource, Entity, FeatureView, Field, PushSource
from provender.definitions.making import Defined
from provender.definitions.places import argument_place
from provender.definitions.problems import Flaws, check_name
from provender.errors import NoDataYet, Problem, ProvenderError, did_you_mean, listed
from provender.plugin.kit.arrow_cast import readable_as
from provender.registration.declared_schema import declared_schema, left_open
from provender.registration.name_checks import collisions
from provender.registration.unchanged_views import declared_type, is_unchanged
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
        flaws: What is known to be wrong with the definitions already.

    Attributes:
        problems: Everything that was wrong with the views resolved so far.
        unclear: The names of those that had problems, now or when they were made.
        unchanged: The names of those that are registered just as they are defined.
    """

    def __init__(
        self,
        catalog: Catalog,
        entities: Mapping[str, Entity],
        schema_of: SchemaOf,
        flaws: Flaws,
    ) -> None:
        self._catalog = catalog
        self._entities = entities
        self._schemas = SourceSchemas(schema_of)
        self._complete = flaws.complete
        self.problems: list[Problem] = []
        self.unclear = set(flaws.unchecked)
        self.unchanged: list[str] = []

    def resolve(self, view: FeatureView) -> CatalogView | None:
        """Return the view as it is to be registered; None when it has problems, or is unchanged."""
        if _is_usable(view) and is_unchanged(view, self._entities, self._catalog):
            self.unchanged.append(view.name)
            return None
        known = len(self.problems)
        resolved = self._resolved(view)
        if len(self.problems) > known or not _is_usable(view) or resolved is None:
            self.unclear.add(view.name)
            return None
        return resolved

    def _resolved(self, view: FeatureView) -> CatalogView | None:
        entities = [e for name in view.entities if (e := self._entity(view, name))]
        schema = self._schema(view, entities)
        if schema is None:
            return None
        for problem in collisions(view, entities, schema.names):
            notes = {"got": problem.got, "allowed": problem.allowed, "fix": problem.fix}
            self._problem(view, problem.fact, problem.place, **notes)
        source = self._source(view, schema)
        keys = tuple(key for e in entities if (key := self._key(view, e, schema)))
        names = {entity.join_key for entity in entities}
        fields = self._fields(view, names, source, schema)
        return CatalogView(self._catalog.project, _with(view, source, fields), keys)

    def _problem(
        self, view: FeatureView, fact: str, place: str | None = None, **notes: str | None
    ) -> None:
        fact = f"feature view {view.name!r}: {fact}"
        self.problems.append(Problem(fact, **notes, place=place or view.place or None))

    def _schema(self, view: FeatureView, entities: Sequence[Entity]) -> pa.Schema | None:
        try:
            return self._schemas.of(view.source)
        except NoDataYet as error:
            if isinstance(view.source, PushSource):
                return self._declared(view, entities)
            self._unreadable(view, error)
        except ProvenderError as error:
            self._unreadable(view, error)
        except Exception:
            if view.source.usable:
                raise  # a source that is not even made right may lead to anything
        return None

    def _unreadable(self, view: FeatureView, error: ProvenderError) -> None:
        for problem in error.problems if view.source.usable else ():
            place = view.source.stored.place
            self._problem(view, problem.fact, place, got=problem.got, fix=problem.fix)

    def _declared(self, view: FeatureView, entities: Sequence[Entity]) -> pa.Schema | None:
        """Return the columns that a view declares of a source to which nothing was pushed yet."""
        if len(entities) < len(view.entities) or not _is_usable(view):
            return None  # there are problems that were noted already
        if missing := left_open(view, entities):
            self._problem(
                view,
                "its undeclared columns cannot be inferred from the data, "
                f"since nothing was pushed to {view.source.name!r} yet",
                got=", ".join(missing),
                fix=f"declare it, or write a first Parquet file to {view.source.location()!r}",
            )
            return None
        return declared_schema(view, entities)

    def _entity(self, view: FeatureView, name: str) -> Entity | None:
        if name in self._entities:
            return self._entities[name]
        if self._complete:
            fix = did_you_mean(name, self._entities) or f"define Entity(name={name!r})"
            place = argument_place(view.place, "entities", view.entities.index(name))
            allowed = listed(self._entities)
            self._problem(view, f"no entity {name!r} is defined", place, allowed=allowed, fix=fix)
        return None

    def _source(self, view: FeatureView, schema: pa.Schema) -> DataSource:
        """Return the view's source with its timestamp field filled in."""
        source, place = view.source, view.source.stored.place
        if source.created_timestamp_column:
            created, at = source.created_timestamp_column, (place, "created_timestamp_column")
            self._check_column(view, created, UnixTimestamp, schema, *at)
        if source.timestamp_field:
            at = (place, "timestamp_field")
            self._check_column(view, source.timestamp_field, UnixTimestamp, schema, *at)
        if source.timestamp_field or not source.usable:
            return source
        found = [f.name for f in schema if from_arrow(f.type) == UnixTimestamp]
        found = [name for name in found if name != source.created_timestamp_column]
        if len(found) == 1:
            return _timed(source, found[0])
        self._problem(
            view,
            f"the event timestamp of source {source.name!r} cannot be inferred",
            place,
            got=f"timestamp columns: {listed(found)}",
            fix="name it by timestamp_field=",
        )
        return source

    def _check_column(
        self,
        view: FeatureView,
        column: str,
        kind: FeatureType,
        schema: pa.Schema,
        place: str,
        argument: str = "",
    ) -> None:
        where = f"source {view.source.name!r} ({view.source.location()})"
        count = schema.names.count(column)
        if count != 1:
            self._problem(
                view,
                f"{where} has {'no' if not count else 'more than one'} column {column!r}",
                argument_place(place, argument),
                allowed=listed(schema.names),
                fix=did_you_mean(column, schema.names),
            )
        elif not readable_as(schema.field(column).type, kind):
            self._problem(
                view,
                f"column {column!r} of {where} has another type",
                argument_place(place, argument),
                got=str(schema.field(column).type),
                allowed=str(kind),
                fix="declare the type of the data, or fix the data",
            )

    def _key(self, view: FeatureView, entity: Entity, schema: pa.Schema) -> JoinKey | None:
        name = entity.join_key
        kind = declared_type(view, entity)
        column = view.source.column_of(name)
        said = next((field.place for field in view.schema if field.name == name), "")
        place = said or entity.place
        if kind is None and column in schema.names:
            kind = from_arrow(schema.field(column).type)
            if kind is None or kind.name not in KEY_TYPES:
                stored = str(schema.field(column).type)
                fact = f"column {column!r} cannot be a join key"
                self._problem(view, fact, place, got=stored, allowed=listed(KEY_TYPES))
                return None
        if entity.usable:
            self._check_column(view, column, kind or UnixTimestamp, schema, place)
        return JoinKey(entity.name, name, kind) if kind else None

    def _fields(
        self, view: FeatureView, keys: set[str], source: DataSource, schema: pa.Schema
    ) -> tuple[Field, ...]:
        if not [field for field in view.schema if field.name not in keys]:
            return (*view.schema, *self._inferred(view, keys, source, schema))
        for field in view.schema:
            if field.name not in keys and field.usable:
                column = source.column_of(field.name)
                self._check_column(view, column, field.dtype, schema, field.place)
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
                fact = f"column {name!r} has a type that no feature can have"
                self._problem(view, fact, got=str(stored[name]), fix=fix)
        named = [(name, kind) for name, kind in features if kind]
        if wrong := [name for name, _ in named if check_name("field", name, "")]:
            self._problem(
                view,
                "some columns of its source have names that no feature can have",
                argument_place(source.stored.place, "field_mapping"),
                got=listed(map(repr, wrong), len(wrong)),
                allowed="letters, digits, _ and -, beginning with a letter or a single _",
                fix=f"field_mapping={_valid_names(wrong, stored, source)}, or a schema= without",
            )
            return []
        return [Field(name, kind) for name, kind in named]


def _valid_names(wrong: Sequence[str], taken: Collection[str], source: DataSource) -> str:
    """Return a field mapping to paste, which gives columns names that features can have."""
    names = {*taken}
    mapping: dict[str, str] = {}
    for number, name in enumerate(wrong, 1):
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or f"column_{number}"
        plain = plain if plain[0].isalpha() else f"column_{plain}"
        while plain in names:
            plain += "_"
        names.add(plain)
        mapping[source.column_of(name)] = plain
    return repr({**source.field_mapping, **mapping})


def _is_usable(view: FeatureView) -> bool:
    """Whether a view and what it is made of had no problems when they were made."""
    parts: tuple[Defined | Field, ...] = (view, view.source, view.source.stored, *view.schema)
    return all(part.usable for part in parts)


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
