"""What it takes to fill the online tables of a plan's views; see `FeatureStore.estimate_fill`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from provender.arguments import check_argument
from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.errors import ProvenderError
from provender.offline.planner import plan_join
from provender.plugin.contract.plan import Estimate, TableSpine, ViewJoin
from provender.project_context import ProjectContext
from provender.registration.plan import Plan
from provender.registration.to_fill import views_to_fill
from provender.types import UnixTimestamp

_AS_OF = "as_of"


@dataclass(frozen=True, slots=True)
class FillEstimate:
    """What it takes to fill the online table of one view.

    Attributes:
        view: The view.
        is_new: Whether it was not registered before.
        rows: How many rows are online now, which is about how many have to be loaded; None: the
            online store cannot tell, or the view is new.
        read: What the offline store would read, as far as it can estimate it.
    """

    view: str
    is_new: bool
    rows: int | None = None
    read: Estimate = field(default_factory=Estimate)


def estimate_fill(project: ProjectContext, plan: Plan) -> list[FillEstimate]:
    """Return what it takes to fill each view that lacks rows or values once a plan is done."""
    check_argument("plan", plan, Plan, "what plan() returns")
    base = plan.base
    after = Catalog(base.project, base.version, plan.document, base.source_class)
    found: list[FillEstimate] = []
    for name in views_to_fill(plan):
        registered = base.document["views"].get(name)
        online = registered is not None and registered["definition"]["online"]
        rows = project.stores.online.count(base.view(name).table) if online else None
        read = _read(project, after.view(name))
        found.append(FillEstimate(name, registered is None, rows, read))
    return found


def _read(project: ProjectContext, view: CatalogView) -> Estimate:
    """Estimate the reading of a view's columns by a join to one row, which reads all of them."""
    import pyarrow as pa

    names = [f"key_{place}" for place in range(len(view.keys))]
    types = [*(key.type for key in view.keys), UnixTimestamp]
    spine = pa.table([pa.nulls(1, kind.arrow()) for kind in types], names=[*names, _AS_OF])
    outputs = tuple(f"feature_{place}" for place in range(len(view.features)))
    join = ViewJoin(view.name, view.read(), tuple(names), outputs, view.view.ttl_us)
    with suppress(ProvenderError):  # an estimate that cannot be had keeps nobody from planning
        plan, rows = plan_join(TableSpine(spine), spine.schema, [join], timestamp=_AS_OF)
        return project.stores.offline.estimate(plan, rows)
    return Estimate()
