"""What features say about a label, where it is known: copies, noise, drift."""

from __future__ import annotations

import sys
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
import sklearn.feature_selection
import sklearn.model_selection
import sklearn.tree  # noqa: F401 - loaded before the tests are timed

from conftest import NOON
from provender import Entity, FeatureView, Field, FileSource
from provender.errors import MissingExtra, RequestError
from provender.types import Array, Bool, Float64, Int64, String, UnixTimestamp

ROWS = 240
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
RANDOM = np.random.default_rng(7)
LATE = RANDOM.permutation([0, 1] * (ROWS // 2))
MINUTES = 10.0 + RANDOM.permutation(ROWS)
TEXTS = RANDOM.permutation(["a", "b", "c"] * (ROWS // 3))
FEATURES = {
    "copy": (LATE, Int64),
    "hint": (np.where(RANDOM.random(ROWS) < 0.8, LATE, 1 - LATE), Int64),
    "noise": (RANDOM.random(ROWS), Float64),
    "shifted": (RANDOM.random(ROWS) + (np.arange(ROWS) >= ROWS // 2) * 5, Float64),
    "half": ([None if n % 2 else RANDOM.random() for n in range(ROWS)], Float64),
    "minutes_copy": (MINUTES * 3, Float64),
    "text_copy": ([f"it is {text}" for text in TEXTS], String),
    "flag": (RANDOM.random(ROWS) < 0.5, Bool),
    "at": ([NOON + timedelta(minutes=float(m)) for m in MINUTES], UnixTimestamp),
    "country": (["nl"] * ROWS, String),
    "nothing": (pa.nulls(ROWS, pa.float64()), Float64),
    "many": ([[1]] * ROWS, Array(Int64)),
}
LABELS = {
    "late": pa.array(LATE),
    "minutes": pa.array(MINUTES),
    "text": pa.array(TEXTS),
    "some": pa.array([None if n < 100 else int(LATE[n]) for n in range(ROWS)], pa.int64()),
    "one": pa.array([1] * ROWS),
    "none": pa.nulls(ROWS, pa.int64()),
    "few": pa.array([1 if n < 20 else None for n in range(ROWS)], pa.int64()),
    "lists": pa.array([[1]] * ROWS),
    "ids": pa.array([f"id {n}" for n in range(ROWS)]),
    "rare": pa.array(["x" if n < 5 else str(LATE[n]) for n in range(ROWS)]),
}


@pytest.fixture
def dataset(repository):
    begun = NOON - timedelta(days=1)
    at = pa.array([begun + timedelta(minutes=n) for n in range(ROWS)], pa.timestamp("us", "UTC"))
    columns = {"driver_id": range(ROWS), "ts": at}
    values = {name: pa.array(given, kind.arrow()) for name, (given, kind) in FEATURES.items()}
    repository.rows("rich.parquet", {**columns, **values})
    source = FileSource("rich.parquet", timestamp_field="ts")
    schema = [Field(name, kind) for name, (_, kind) in FEATURES.items()]
    view = FeatureView("rich", source=source, entities=[DRIVER], schema=schema)
    store = repository.store()
    store.apply([DRIVER, view])
    spine = pa.table({"driver_id": range(ROWS), "event_timestamp": at, **LABELS})
    job = store.get_historical_features(spine, ["rich"])
    return store.create_saved_dataset(job, "train", "train.parquet")


def rated(dataset, label, **more):
    found = dataset.usefulness(label, **{"permutations": 5, **more})
    return found, {one.feature: one for one in found.features}


def test_a_copy_of_the_label_is_a_suspect_and_noise_is_chance(dataset):
    found, by = rated(dataset, "late")
    assert (found.task, found.measure, found.rows, found.labelled_rows) == (
        "classification",
        "AUC",
        ROWS,
        ROWS,
    )
    assert found.suspects == ("copy",)
    assert found.features[0].feature == "copy"
    assert by["copy"].mutual_information == pytest.approx(1.0)  # one bit
    assert by["copy"].alone == pytest.approx(1.0)
    assert by["hint"].above_chance
    assert 0.7 < by["hint"].alone < 0.9
    assert not by["noise"].above_chance
    assert by["noise"].chance_mean <= by["noise"].chance_p95
    assert by["half"].missing == 0.5
    assert (found.constant, found.empty, found.not_rated) == (("country",), ("nothing",), ("many",))
    assert [one.mutual_information for one in found.features] == sorted(
        (one.mutual_information for one in found.features), reverse=True
    )
    assert "1 suspects" in repr(found)


def test_drift_that_was_planted_is_found(dataset):
    _, by = rated(dataset, "late")
    assert by["shifted"].drift == pytest.approx(1.0)
    assert by["noise"].drift < 0.3
    assert by["copy"].drift < 0.3


def test_numbers_are_predicted_by_regression(dataset):
    found, by = rated(dataset, "minutes", permutations=2)
    assert (found.task, found.measure) == ("regression", "R²")
    assert set(found.suspects) == {"minutes_copy", "at"}
    assert by["noise"].alone < 0.5


def test_texts_are_classified_and_rare_ones_left_out(dataset):
    found, by = rated(dataset, "text", permutations=2)
    assert (found.task, found.suspects) == ("classification", ("text_copy",))
    assert by["text_copy"].mutual_information == pytest.approx(np.log2(3))
    found, _ = rated(dataset, "rare", permutations=2)
    assert (found.rows, found.rare_rows) == (ROWS - 5, 5)


def test_rows_without_a_label_are_left_out_and_counted(dataset):
    found, _ = rated(dataset, "some", permutations=1)
    assert (found.rows, found.labelled_rows, found.unlabelled_rows) == (ROWS - 100, ROWS - 100, 100)


def test_a_sample_follows_the_seed(dataset):
    ones = [rated(dataset, "late", most_rows=100, permutations=1, seed=3)[0] for _ in range(2)]
    assert ones[0] == ones[1]
    assert (ones[0].rows, ones[0].labelled_rows) == (100, ROWS)
    other, _ = rated(dataset, "late", most_rows=100, permutations=1, seed=4)
    assert other.features != ones[0].features


def test_a_feature_can_be_the_label(dataset):
    found, by = rated(dataset, "copy", task="regression", permutations=1)
    assert (found.task, "copy" in by) == ("regression", False)


@pytest.mark.parametrize(
    ("label", "more", "message"),
    [
        ("lat", {}, "no column 'lat'"),
        ("one", {}, "one value in all rows"),
        ("none", {}, "no row has a value"),
        ("few", {}, "too few rows"),
        ("lists", {}, "cannot be the label"),
        ("ids", {}, "told apart"),
        ("minutes", {"task": "classification"}, "told apart"),
        ("text", {"task": "regression"}, "is text"),
        ("late", {"task": "clustering"}, "unknown task"),
        ("late", {"permutations": 0}, "permutations is not valid"),
        ("late", {"most_rows": 10}, "most_rows is not valid"),
        ("late", {"seed": -1}, "seed is not valid"),
    ],
)
def test_what_cannot_be_rated_is_refused(dataset, label, more, message):
    with pytest.raises(RequestError, match=message):
        dataset.usefulness(label, **more)


def test_without_scikit_learn_the_extra_is_named(dataset, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtra, match=r"provender\[ml\]"):
        dataset.usefulness("late")
