"""Trains the same small model on an honest and on a leaky training set, and compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Scores:
    """Areas under the ROC curve on the last quarter of the flights.

    Attributes:
        honest: Trained and tested on features as of each departure.
        leaky_promise: Trained and tested on features as of the end of the day: what a leaky join
            makes one believe.
        leaky_truth: The same model, tested on features as of each departure: what it is worth
            when it has to predict.
    """

    honest: float
    leaky_promise: float
    leaky_truth: float


def compare(honest: pd.DataFrame, leaky: pd.DataFrame, features: Sequence[str]) -> Scores:
    """Train on the first three quarters of the flights that departed, test on the last.

    Args:
        honest: Flights with features as of each departure, in the order of time.
        leaky: The same flights with features as of the end of their day.
        features: The columns to learn from; the label is ``is_late``.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    departed = honest["is_late"].notna()
    honest, leaky = honest[departed], leaky[departed]
    label = honest["is_late"].astype(bool)
    cut = len(honest) * 3 // 4

    def train(rows: pd.DataFrame) -> HistGradientBoostingClassifier:
        model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        return model.fit(rows[features][:cut].astype(float), label[:cut])

    def score(model: HistGradientBoostingClassifier, rows: pd.DataFrame) -> float:
        chances = model.predict_proba(rows[features][cut:].astype(float))[:, 1]
        return float(roc_auc_score(label[cut:], chances))

    with threadpool_limits(1):  # more threads wait for each other by spinning on a busy machine
        honest_model, leaky_model = train(honest), train(leaky)
        return Scores(
            score(honest_model, honest), score(leaky_model, leaky), score(leaky_model, honest)
        )
