"""`RetrievalJob`: a point-in-time join that runs when its result is requested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from provender.definitions.projection import Projection
from provender.errors import RequestError, listed, shortened
from provender.offline.computed import bare_rows, with_computed
from provender.offline.result import Result
from provender.plugin.contract.destination import Destination

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.plugin.contract.offline_store import OfflineStore
    from provender.plugin.contract.plan import Estimate, HistoricalPlan, Spine
    from provender.transforms.step import Step


@dataclass(frozen=True, slots=True)
class HistoricalRequest:
    """What training rows were requested as: with the entity rows, the request can be run again.

    Attributes:
        catalog_version: The version of the catalog whose definitions were used.
        features: The references, and parts of views, as they were given; or the name of a feature
            service.
        full_feature_names: Whether columns are named ``view__feature``.
        timestamp_field: The column of the entity rows with the timestamp of each.
        known_at: Rows of sources that were created later were ignored: a timestamp (µs), or the
            column of the entity rows with one for each.
    """

    catalog_version: int
    features: tuple[str | Projection, ...] | str
    full_feature_names: bool
    timestamp_field: str
    known_at: int | str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """What is computed of joined rows.

    Attributes:
        steps: The on-demand feature views.
        outputs: The names of all features of the result, in their order.
    """

    steps: tuple[Step, ...]
    outputs: tuple[str, ...]


class RetrievalJob(Result):
    """The training rows that were asked for, not yet read.

    The result has one row per entity row, in their order: their columns, then the features.
    Each method runs the query anew.

    Where the store can write results itself (`OfflineStore.destinations`), the job has a method
    ``to_KIND(name, replace=False)`` for each kind, such as ``to_bigquery("marts.training")``.

    Args:
        store: The offline store.
        plan: The join.
        spine: The entity rows.
        request: What was requested; None: the plan was not made of a request.
        computed: What is computed of the joined rows.

    Attributes:
        request: What was requested.
    """

    def __init__(
        self,
        store: OfflineStore,
        plan: HistoricalPlan,
        spine: Spine,
        request: HistoricalRequest | None = None,
        computed: Computed | None = None,
    ) -> None:
        self._store = store
        self._plan = plan
        self._spine = spine
        self.request = request
        self._computed = computed

    def __repr__(self) -> str:
        read = [name for join in self._plan.joins for name in join.outputs]
        features = shortened(self._computed.outputs if self._computed else read)
        columns = shortened(self._plan.spine_columns)
        return f"<RetrievalJob: entity rows ({columns}) with {features}; not read yet>"

    def _run(self) -> pa.RecordBatchReader:
        if self._plan.joins:
            joined = self._store.historical(self._plan, self._spine)
        else:
            joined = bare_rows(self._spine)
        if self._computed is None:
            return joined
        columns = (*self._plan.spine_columns, *self._computed.outputs)
        return with_computed(joined, self._computed.steps, columns, keys=self._plan.spine_types)

    @property
    def entity_columns(self) -> tuple[str, ...]:
        """The columns of the entity rows; the features follow them in the result."""
        return self._plan.spine_columns

    @property
    def needed_columns(self) -> list[str]:
        """The columns of the entity rows that are join keys or timestamps."""
        return self._plan.needed_columns()

    def schema(self) -> pa.Schema:
        """Return the columns of the result; no row is read."""
        import pyarrow as pa

        stored = self._store.spine_schema(self._spine)
        fields = [stored.field(name) for name in self._plan.spine_columns]
        for join in self._plan.joins:
            kinds = [feature.type.arrow() for feature in join.read.features]
            fields += map(pa.field, join.outputs, kinds)
        return pa.schema(fields)

    @property
    def views_without_created(self) -> tuple[str, ...]:
        """The views whose sources have no created timestamp: `known_at` ignores none of their rows.

        It can be requested only where there is no such view.
        """
        return tuple(join.view for join in self._plan.joins if join.read.created is None)

    @property
    def sql(self) -> str:
        """The query, in the SQL of the offline store, whose result on-demand features take.

        Raises:
            RequestError: The store speaks no SQL.
        """
        text = self._store.sql(self._plan, self._spine)
        if text is None:
            raise RequestError("the offline store of this project does not use SQL")
        return text

    def estimate(self) -> Estimate:
        """Return what the query would cost, as far as the store can tell without running it."""
        return self._store.estimate(self._plan, self._spine)

    def persist(self, name: str, *, replace: bool = False) -> int:
        """Put the result into the store's own kind of place and return the number of rows.

        Args:
            name: A table of the warehouse.
            replace: Whether what is there gives way.

        Raises:
            RequestError: The store writes no results, or something is there already.
        """
        kinds = self._store.destinations
        return self._export(kinds[0] if kinds else "table", name, replace=replace)

    def _export(self, kind: str, name: str, *, replace: bool = False) -> int:
        if self._computed is not None:
            views = {step.transformation.view for step in self._computed.steps}
            raise RequestError(
                "the offline store cannot write on-demand features, which are not computed there",
                got=f"features of {listed(sorted(views))}",
                fix="write the result yourself: to_parquet(path), to_arrow() or to_df()",
            )
        return self._store.export(self._plan, self._spine, Destination(kind, name, replace))

    def __getattr__(self, name: str) -> Callable[..., int]:
        """Return ``to_KIND`` for a kind of destination that the store has.

        Raises:
            AttributeError: It has no such kind.
        """
        kind = name.removeprefix("to_")
        if name != kind and kind in self._store.destinations:
            return partial(self._export, kind)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
