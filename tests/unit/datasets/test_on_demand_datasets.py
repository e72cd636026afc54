"""Saved datasets with on-demand features: computed again by the functions of then."""

from __future__ import annotations

import pyarrow as pa
import pytest

from provender import Field, RequestSource
from provender import on_demand_feature_view as on_demand
from provender.types import Float64, Int64

ASKED = RequestSource("asked", schema=[Field("limit", Int64)])


def doubled(inputs):
    inputs["twice"] = inputs["rating"] * 2
    return inputs[["twice"]]


def above(inputs):
    inputs["above"] = inputs["limit"] + 1
    return inputs[["above"]]


@pytest.mark.parametrize("features", [["doubled:twice", "stats:trips"], ["above:above"]])
def test_on_demand_features_are_saved_and_rebuilt(store, spine, features):
    stats = store.get_feature_view("stats")
    twice, more = [Field("twice", Float64)], [Field("above", Int64)]
    store.apply([on_demand(sources=[stats], schema=twice)(doubled)])
    store.apply([on_demand(sources=[ASKED], schema=more)(above)])
    rows = spine.append_column("limit", pa.array([1, 2, 3]))
    job = store.get_historical_features(rows, features)
    made = store.create_saved_dataset(job, "train", "train.parquet")
    assert made.to_arrow() == job.to_arrow()
    assert made.compare().equal
    assert made.rebuild().to_arrow() == made.to_arrow()
