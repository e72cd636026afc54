"""`CatalogView`: a feature view as it is registered, with everything that was inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from provender.catalog.on_demand import CatalogOnDemandView
from provender.definitions import FeatureView, Field, PushSource
from provender.definitions.source import DataSource
from provender.errors import NotFound, did_you_mean, listed, shortened
from provender.names import check_given_name
from provender.online.layout import Layout
from provender.plugin.contract.online_store import OnlineTable
from provender.plugin.contract.plan import Column, SourceRead
from provender.types import FeatureType, parse_type


@dataclass(frozen=True, slots=True)
class JoinKey:
    """A join key of a view: its entity, its column and its type."""

    entity: str
    name: str
    type: FeatureType


@dataclass(frozen=True)
class CatalogView:
    """A registered feature view.

    Attributes:
        project: The project.
        view: The definition; its schema and its source's timestamp field are always filled in.
        keys: The join keys, in the order of the view's entities.
        generation: Grows when rows stored online can no longer belong to the view: when its keys
            change, or when it comes back after it was removed, and when its rows are rebuilt. Each
            has a table of its own.
        layouts: Every layout in which values of this generation were ever written.
        continues: The first generation whose readers find their rows in this one: those before
            were rebuilt; None: this one.
        computed: The on-demand feature views whose features are stored online with its rows.
    """

    project: str
    view: FeatureView
    keys: tuple[JoinKey, ...]
    generation: int = 0
    layouts: tuple[Layout, ...] = ()
    continues: int | None = None
    computed: tuple[CatalogOnDemandView, ...] = ()

    def __repr__(self) -> str:
        keys = shortened(f"{key.name}: {key.type}" for key in self.keys) or "no keys"
        features = shortened(map(str, self.features))
        return f"<CatalogView {self.name!r} by {keys}; features {features}>"

    @property
    def name(self) -> str:
        """The view's name."""
        return self.view.name

    @cached_property
    def features(self) -> tuple[Field, ...]:
        """The fields that are not join keys."""
        keys = {key.name for key in self.keys}
        return tuple(field for field in self.view.schema if field.name not in keys)

    @cached_property
    def layout(self) -> Layout:
        """The layout in which values are written now."""
        computed = [column for one in self.computed for column in one.stored_columns().values()]
        return Layout((*((field.name, field.dtype) for field in self.features), *computed))

    @property
    def table(self) -> OnlineTable:
        """Where the view's rows are kept online."""
        return OnlineTable(self.project, self.name, self.view.ttl_us, self.generation)

    def feature(self, name: str) -> Field:
        """Return one feature.

        Raises:
            NotFound: The view has no such feature.
            RequestError: The name is not text.
        """
        check_given_name("feature", name)
        for field in self.features:
            if field.name == name:
                return field
        names = [field.name for field in self.features]
        raise NotFound(
            f"feature view {self.name!r} has no feature {name!r}",
            allowed=listed(names),
            fix=did_you_mean(name, names),
        )

    def read(self, features: tuple[Field, ...] | None = None) -> SourceRead:
        """Return the columns of the source that `features` (by default all) need."""
        source = self.view.source.stored
        wanted = self.features if features is None else features
        return SourceRead(
            source=source,
            keys=tuple(Column(source.column_of(k.name), k.name, k.type) for k in self.keys),
            features=tuple(Column(source.column_of(f.name), f.name, f.dtype) for f in wanted),
            timestamp=source.timestamp_field or "",
            created=source.created_timestamp_column,
            pushed=isinstance(self.view.source, PushSource),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the view as plain JSON data."""
        more: dict[str, Any] = {} if self.continues is None else {"continues": self.continues}
        if self.computed:
            more["computed"] = [one.to_document() for one in self.computed]
        return {
            "definition": self.view.to_document(),
            "keys": [[key.entity, key.name, str(key.type)] for key in self.keys],
            "generation": self.generation,
            "layouts": [layout.to_document() for layout in self.layouts],
            **more,
        }

    @classmethod
    def from_document(
        cls, project: str, document: Mapping[str, Any], source: DataSource
    ) -> CatalogView:
        """Return the view that `to_document` wrote, with its source already read."""
        return cls(
            project,
            FeatureView.from_document(document["definition"], source),
            tuple(JoinKey(e, n, parse_type(t)) for e, n, t in document["keys"]),
            document["generation"],
            tuple(map(Layout.from_document, document["layouts"])),
            document.get("continues"),
            tuple(map(CatalogOnDemandView.from_document, document.get("computed", ()))),
        )
