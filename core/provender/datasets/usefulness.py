"""How useful each feature of a saved dataset is for a label, and what is suspicious about it.

Each feature is rated alone, with scikit-learn: it is quick, and a feature that helps only together
with another one is rated too low. Missing values are a value of their own.

Mutual information: Kraskov et al., Estimating mutual information (2004); Ross, Mutual information
between discrete and continuous data sets (2014). The baseline of permutations: what is found of a
feature when the labels are shuffled is chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from provender.datasets.sample import Sample, sampled
from provender.errors import MissingExtra, RequestError, listed, value_text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from provender.datasets.dataset import SavedDataset

Task = Literal["classification", "regression"]

SUSPECT = 0.95
"""A feature whose `FeatureUsefulness.alone` is at least so much is suspected of leakage."""
FEWEST_ROWS = 50
"""The fewest rows with a label that are rated."""
FEWEST_OF_CLASS = 10
"""Rows of a label that has fewer of them are left out of a classification."""
MOST_CLASSES = 100
"""The most labels of a classification."""
FEW_VALUES = 20
"""A label of whole numbers with at most so many values means a classification; numbers with at
most so many values are rated as categories, and so many texts are told apart by the tree."""
_FOLDS = 5
_BINS = 10


@dataclass(frozen=True, slots=True)
class FeatureUsefulness:
    """What one feature says about the label.

    Attributes:
        feature: The column.
        mutual_information: With the label, in bits: 0 for none.
        chance_mean: The mean of it when the labels are shuffled.
        chance_p95: Its 95th percentile when the labels are shuffled.
        missing: The share of rows in which it is null or NaN, from 0 to 1.
        drift: The Jensen-Shannon distance between its values in the earlier and in the later half
            of the rows, from 0 (the same) to 1; None: all rows have one timestamp. Numbers are
            compared in ten bins of equally many rows.
        alone: How well a decision tree of at most 32 leaves predicts the label from it alone, on
            rows that it was not trained on (five folds): the area under the ROC curve
            (0.5 is chance; of several labels the mean, by their rows), or R² (0 is chance).
        suspect: Whether that is so much that the feature may hold the label itself.
    """

    feature: str
    mutual_information: float
    chance_mean: float
    chance_p95: float
    missing: float
    drift: float | None
    alone: float
    suspect: bool

    @property
    def above_chance(self) -> bool:
        """Whether it says more than 95 % of the shuffled labels, as 5 % of useless features do."""
        return self.mutual_information > self.chance_p95


@dataclass(frozen=True, slots=True)
class Usefulness:
    """What the features of a saved dataset say about a label.

    Attributes:
        dataset: Its name.
        label: The column of the label.
        task: ``classification`` or ``regression``.
        measure: What `FeatureUsefulness.alone` is: ``AUC`` or ``R²``.
        rows: How many rows were rated.
        labelled_rows: How many rows of the dataset have a label; more than `rows` if sampled.
        unlabelled_rows: How many have none: null, or a number that is not finite.
        rare_rows: How many were left out because their label has too few rows.
        seed: The seed of the sample, the permutations and the folds.
        permutations: How often the labels were shuffled.
        features: Those that were rated, the most useful first.
        constant: Features that have one value in all rows.
        empty: Features that have no value.
        not_rated: Features of a type that is not rated, such as lists.
    """

    dataset: str
    label: str
    task: Task
    measure: str
    rows: int
    labelled_rows: int
    unlabelled_rows: int
    rare_rows: int
    seed: int
    permutations: int
    features: tuple[FeatureUsefulness, ...]
    constant: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    not_rated: tuple[str, ...] = ()

    @property
    def suspects(self) -> tuple[str, ...]:
        """The features that may hold the label itself."""
        return tuple(one.feature for one in self.features if one.suspect)

    def __repr__(self) -> str:
        rated = f"{len(self.features)} features rated by {self.rows:,} rows"
        suspects = f"{len(self.suspects)} suspects"
        return f"<Usefulness for {self.label!r} ({self.task}): {rated}, {suspects}>"


def usefulness(
    dataset: SavedDataset,
    label: str,
    *,
    task: Task | None,
    permutations: int,
    most_rows: int,
    seed: int,
) -> Usefulness:
    """Rate the features of a dataset; see `SavedDataset.usefulness`."""
    _check_installed()
    _check_numbers(permutations, most_rows, seed, task)
    entity, timestamp = dataset.entity_columns, dataset.request.timestamp_field
    sample = sampled(dataset, label, timestamp, most_rows, seed)
    names = [n for n in dataset.schema.names if n not in entity and n != label]
    columns = {name: _encoded(sample.rows.column(name)) for name in names}
    found_task, target, kept = _target(label, sample, task)
    rated, constant, empty = [], [], []
    rating = _Rating(found_task, target[kept], _later(sample.instants[kept]), permutations, seed)
    for name, column in columns.items():
        if column is None:
            continue
        of_kept = column.taken(kept)
        if of_kept.missing.all():
            empty.append(name)
        elif of_kept.is_constant:
            constant.append(name)
        else:
            rated.append(rating.of(name, of_kept))
    return Usefulness(
        dataset.name,
        label,
        found_task,
        "AUC" if found_task == "classification" else "R²",
        int(kept.sum()),
        sample.labelled,
        sample.unlabelled,
        int(len(kept) - kept.sum()),
        seed,
        permutations,
        tuple(sorted(rated, key=lambda one: (-one.mutual_information, one.feature))),
        tuple(constant),
        tuple(empty),
        tuple(name for name, column in columns.items() if column is None),
    )


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A feature as numbers.

    Attributes:
        codes: The rank of each value among the distinct ones (texts: by how frequent they are,
            the most frequent first); -1 where it is missing.
        is_text: Whether the values have no order.
        missing: Where it is null or NaN.
    """

    codes: np.ndarray
    is_text: bool
    missing: np.ndarray

    def taken(self, rows: np.ndarray) -> _Encoded:
        return _Encoded(self.codes[rows], self.is_text, self.missing[rows])

    @property
    def is_constant(self) -> bool:
        return bool((self.codes == self.codes[0]).all())


class _Rating:
    """Rates features by the same rows, the same permutations and the same folds."""

    def __init__(
        self, task: Task, target: np.ndarray, later: np.ndarray | None, count: int, seed: int
    ) -> None:
        import numpy as np

        self._task: Task = task
        self._target = target
        self._later = later
        self._seed = seed
        random = np.random.default_rng(seed)
        self._shuffled = [random.permutation(target) for _ in range(count)]

    def of(self, name: str, column: _Encoded) -> FeatureUsefulness:
        import numpy as np

        chance = [self._information(column, target) for target in self._shuffled]
        alone = self._alone(column)
        return FeatureUsefulness(
            name,
            self._information(column, self._target),
            float(np.mean(chance)),
            float(np.percentile(chance, 95)),
            float(column.missing.mean()),
            self._drift(column),
            alone,
            alone >= SUSPECT,
        )

    def _information(self, column: _Encoded, target: np.ndarray) -> float:
        """Return the mutual information in bits."""
        import numpy as np
        from sklearn import feature_selection as selection

        of_classes = self._task == "classification"
        measure = selection.mutual_info_classif if of_classes else selection.mutual_info_regression
        discrete = column.is_text or len(np.unique(column.codes)) <= FEW_VALUES
        values = column.codes.reshape(-1, 1).astype(float)
        (found,) = measure(values, target, discrete_features=discrete, random_state=self._seed)
        return float(found) / math.log(2)

    def _alone(self, column: _Encoded) -> float:
        from sklearn.metrics import r2_score, roc_auc_score
        from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        limits = {"max_leaf_nodes": 32, "min_samples_leaf": 3, "random_state": self._seed}
        folds = {"n_splits": _FOLDS, "shuffle": True, "random_state": self._seed}
        given = self._inputs(column)
        if self._task == "regression":
            tree, cut = DecisionTreeRegressor(**limits), KFold(**folds)
            guessed = cross_val_predict(tree, given, self._target, cv=cut)
            return float(r2_score(self._target, guessed))
        tree, cut = DecisionTreeClassifier(**limits), StratifiedKFold(**folds)
        found = cross_val_predict(tree, given, self._target, cv=cut, method="predict_proba")
        if found.shape[1] == 2:
            return float(roc_auc_score(self._target, found[:, 1]))
        return float(roc_auc_score(self._target, found, multi_class="ovr", average="weighted"))

    def _inputs(self, column: _Encoded) -> np.ndarray:
        """Return what a tree is given: numbers as they are, texts as one column for each."""
        import numpy as np

        if not column.is_text:
            return column.codes.reshape(-1, 1)
        which: np.ndarray = column.codes.reshape(-1, 1) == np.arange(-1, FEW_VALUES)
        return which

    def _drift(self, column: _Encoded) -> float | None:
        import numpy as np

        if self._later is None:
            return None
        codes = column.codes
        if not column.is_text and len(np.unique(codes)) > FEW_VALUES:
            there = codes[~column.missing]
            ends = np.unique(np.quantile(there, np.linspace(0, 1, _BINS + 1)[1:-1]))
            codes = np.where(column.missing, -1, np.searchsorted(ends, codes, side="right"))
        size = int(codes.max()) + 2
        shares = [
            np.bincount(codes[half] + 1, minlength=size) / half.sum()
            for half in (~self._later, self._later)
        ]
        return _distance(*shares)


def _distance(p: np.ndarray, q: np.ndarray) -> float:
    """Return the Jensen-Shannon distance of two distributions, with logarithms to base 2."""
    import numpy as np

    middle = (p + q) / 2
    divergence = sum(
        float(np.sum(one[one > 0] * np.log2(one[one > 0] / middle[one > 0]))) for one in (p, q)
    )
    return math.sqrt(min(max(divergence / 2, 0.0), 1.0))


def _later(instants: np.ndarray) -> np.ndarray | None:
    """Return which rows are of the later half; rows of one timestamp stay together."""
    import numpy as np

    middle = np.sort(instants)[len(instants) // 2]
    later: np.ndarray = instants >= middle
    if later.all():
        later = instants > middle
    return later if later.any() else None


def _encoded(column: pa.ChunkedArray) -> _Encoded | None:
    """Return a feature as numbers; None: features of its type are not rated."""
    import numpy as np
    import pyarrow.types as at

    from provender.datasets.sample import numbers

    if at.is_string(column.type) or at.is_large_string(column.type):
        texts = np.array(["" if text is None else text for text in column.to_pylist()], object)
        missing = column.is_null().to_numpy().astype(bool)
        distinct, place, counts = np.unique(texts, return_inverse=True, return_counts=True)
        counts[distinct == ""] -= int(missing.sum())
        order = np.empty(len(distinct), np.int64)
        order[np.argsort(-counts, kind="stable")] = np.arange(len(distinct))
        return _Encoded(np.where(missing, -1, order[place]), True, missing)
    values = numbers(column)
    if values is None:
        return None
    missing = np.isnan(values)
    _, ranks = np.unique(values, return_inverse=True)
    return _Encoded(np.where(missing, -1, ranks), False, missing)


def _target(label: str, sample: Sample, task: Task | None) -> tuple[Task, np.ndarray, np.ndarray]:
    """Return what is predicted: the task, the labels as numbers, and the rows that take part.

    Raises:
        RequestError: There are too few rows or too many labels, or one label alone.
    """
    import numpy as np

    _check_rows(label, len(sample.target))
    distinct, classes = np.unique(sample.target, return_inverse=True)
    if len(distinct) == 1:
        value = value_text(distinct[0].item() if hasattr(distinct[0], "item") else distinct[0])
        raise RequestError(f"label {label!r} has one value in all rows", got=value)
    is_text = sample.target.dtype == object
    few = sample.is_whole and len(distinct) <= FEW_VALUES
    found: Task = task or ("classification" if is_text or few else "regression")
    if found == "regression":
        if is_text:
            raise RequestError(f"label {label!r} is text", fix="use task='classification'")
        return found, sample.target.astype(float), np.ones(len(classes), bool)
    kept = np.bincount(classes)[classes] >= FEWEST_OF_CLASS
    count = len(np.unique(classes[kept]))
    if not 2 <= count <= MOST_CLASSES:
        raise RequestError(
            f"label {label!r} does not have a number of values that can be told apart",
            got=f"{count} with at least {FEWEST_OF_CLASS} rows each",
            allowed=f"2 to {MOST_CLASSES}",
            fix=None if is_text else "use task='regression' for a number",
        )
    _check_rows(label, int(kept.sum()))
    return found, np.where(kept, classes, 0), kept


def _check_rows(label: str, rows: int) -> None:
    if rows < FEWEST_ROWS:
        raise RequestError(
            f"too few rows have a label {label!r} that can be used",
            got=str(rows),
            allowed=f"at least {FEWEST_ROWS}",
        )


def _check_numbers(permutations: int, most_rows: int, seed: int, task: str | None) -> None:
    least: dict[str, tuple[Any, int]] = {
        "permutations": (permutations, 1),
        "most_rows": (most_rows, FEWEST_ROWS),
        "seed": (seed, 0),
    }
    for name, (value, lowest) in least.items():
        if not isinstance(value, int) or not lowest <= value < 2**32:
            raise RequestError(
                f"{name} is not valid", got=value_text(value), allowed=f"{lowest} or more"
            )
    if task not in (None, *get_args(Task)):
        raise RequestError("unknown task", got=value_text(task), allowed=listed(get_args(Task)))


def _check_installed() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "scikit-learn is not installed, which rates features",
            fix="pip install 'provender[ml]'",
        ) from error
