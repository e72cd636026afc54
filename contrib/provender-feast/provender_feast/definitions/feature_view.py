"""`FeatureView`: features of an entity that come from one source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import provender
from provender_feast.definitions.definition import placed, refuse, tags_with
from provender_feast.definitions.entity import Entity
from provender_feast.definitions.field import Field
from provender_feast.definitions.projection import FeatureViewProjection, ProjectedView
from provender_feast.definitions.sources import DataSource, PushSource
from provender_feast.errors import FeastDefinitionError
from provender_feast.types import String, feast_type

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.types import FeatureType

DUMMY_ENTITY_NAME = "__dummy"
DUMMY_ENTITY_ID = "__dummy_id"
DUMMY_ENTITY_FIELD = Field(name="_dummy_id", dtype=String)
DUMMY_ENTITY_FIELD.name = DUMMY_ENTITY_ID


class FeatureView(ProjectedView):
    """Features of one or several entities, read from one source.

    Args:
        name: The view's name.
        source: Where its rows are.
        schema: Its fields; by default the columns of the source.
        entities: The entities that the features describe.
        ttl: How long a row holds after its timestamp; zero: for ever.
        online: Whether the view is materialized.
        offline: Whether it is read offline, as every view is.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        org: The organization.
        enable_validation: Whether rows are checked against the schema, as Provender always does.
        sink_source: Not supported.
        mode: Not supported.
        version: Only ``latest`` is supported: versions are those of the whole catalog.
        enabled: Only True is supported.

    Attributes:
        entities: The names of the entities.
        entity_columns: The join keys; known when they are in the schema, otherwise after apply.
        features: The other fields.
        batch_source: The source that stores the rows.
        stream_source: The source that rows are pushed to, if there is one.
        materialization_intervals: What was materialized; Provender's ledger has it.
    """

    def __init__(
        self,
        *,
        name: str,
        source: DataSource | None = None,
        sink_source: DataSource | None = None,
        schema: Sequence[Field] | None = None,
        entities: Sequence[Entity] | None = None,
        ttl: timedelta | None = timedelta(0),
        online: bool = True,
        offline: bool = False,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        org: str = "",
        mode: object = None,
        enable_validation: bool = False,
        version: str = "latest",
        enabled: bool = True,
    ) -> None:
        what = f"feature view {name!r}"
        refuse(what, {"sink_source": (sink_source, None), "mode": (mode, None)}, _NO_TRANSFORMS)
        refuse(what, {"version": (version, "latest")}, "see `provender history`")
        refuse(what, {"enabled": (enabled, True)}, "write online=False, or remove the view")
        self.name = name
        self.entities = [_entity_name(one) for one in entities or ()]
        self.ttl = timedelta(0) if ttl is None else ttl
        self.online = online
        self.offline = offline
        self.description = description
        self.tags = dict(tags or {})
        self.owner = owner
        self.org = org
        self.enable_validation = enable_validation
        self.version = version
        self.enabled = enabled
        self.source = source
        keys = {one.join_key for one in entities or () if isinstance(one, Entity)}
        self.entity_columns = [field for field in schema or () if field.name in keys]
        self.features = [field for field in schema or () if field.name not in keys]
        self.materialization_intervals: list[Any] = []
        self.projection = FeatureViewProjection(name, features=self.features)
        _check_keys(what, entities or ())
        if source is not None:
            self._checked(self.to_provender)
        self.entities = self.entities or [DUMMY_ENTITY_NAME]

    @property
    def schema(self) -> list[Field]:
        """All fields: features, then join keys."""
        columns = [one for one in self.entity_columns if one.name != DUMMY_ENTITY_ID]
        return [*self.features, *columns]

    @property
    def join_keys(self) -> list[str]:
        """The names of the join keys that are known."""
        return [field.name for field in self.entity_columns]

    @property
    def batch_source(self) -> DataSource | None:
        """The source that stores the rows."""
        return self.source.batch_source if isinstance(self.source, PushSource) else self.source

    @property
    def stream_source(self) -> DataSource | None:
        """The source that rows are pushed to."""
        return self.source if isinstance(self.source, PushSource) else None

    def ensure_valid(self) -> None:
        """Check the definition.

        Raises:
            FeastDefinitionError: It is not valid.
        """
        self._checked(self.to_provender)

    def to_provender(self, stored: pa.Schema | None = None) -> provender.FeatureView:
        """Return Provender's definition.

        Args:
            stored: The columns of the source, whose types complete ``Map``.
        """
        made = provender.FeatureView(
            self.name,
            source=None if self.source is None else self.source.to_provender(),
            schema=[self._field(field, stored) for field in self.schema],
            entities=[name for name in self.entities if name != DUMMY_ENTITY_NAME],
            ttl=self.ttl,
            online=self.online,
            description=self.description,
            tags=tags_with(self.tags, self._said()),
            owner=self.owner,
        )
        return placed(made, self.place)

    def _field(self, field: Field, stored: pa.Schema | None) -> provender.Field:
        mapping = self.source.field_mapping.items() if self.source else ()
        column = next((name for name, to in mapping if to == field.name), field.name)
        known = stored is not None and column in stored.names
        return field.to_provender(stored.field(column).type if stored and known else None)

    def _said(self) -> dict[str, Any]:
        """Return what only Feast's definition says."""
        validation = self.enable_validation or None
        return {"offline": self.offline or None, "org": self.org, "enable_validation": validation}

    def complete(self, registered: provender.FeatureView, keys: Mapping[str, FeatureType]) -> None:
        """Fill in what was inferred when the view was registered.

        Args:
            registered: The registered view.
            keys: Its join keys and their types.
        """
        own = {field.name: field for field in self.schema}
        fields = [own.get(one.name) or Field.from_provender(one) for one in registered.schema]
        self.features = [field for field in fields if field.name not in keys]
        self.entity_columns = [
            own.get(name) or Field(name=name, dtype=feast_type(kind)) for name, kind in keys.items()
        ] or [DUMMY_ENTITY_FIELD]
        if not self.projection.desired_features:
            self.projection.features = self.features
        stored = self.batch_source
        if stored and not stored.timestamp_field:
            stored.timestamp_field = registered.source.timestamp_field or ""


_NO_TRANSFORMS = "let the source hold what the transformation computes"


def _entity_name(one: object) -> str:
    return one.name if isinstance(one, Entity) else str(one)


def _check_keys(what: str, entities: Sequence[object]) -> None:
    keys = [one.join_key for one in entities if isinstance(one, Entity)]
    if len(set(keys)) < len(keys):
        raise FeastDefinitionError(
            f"{what}: entities share a join key",
            got=", ".join(keys),
            fix="give one of them another join key, with field_mapping= of the source",
        )
