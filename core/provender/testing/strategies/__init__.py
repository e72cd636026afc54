"""Hypothesis strategies: feature types, their values, and point-in-time joins that are hard.

Needs hypothesis: ``pip install 'provender[testing]'``.
"""

from __future__ import annotations

from provender.errors import MissingExtra

try:
    import hypothesis as _hypothesis
except ModuleNotFoundError as error:
    raise MissingExtra(
        "provender.testing.strategies needs hypothesis",
        fix="pip install 'provender[testing]'",
    ) from error

from provender.testing.strategies.joins import join_problems, orders
from provender.testing.strategies.values import feature_types, key_types, values_of

__all__ = ["feature_types", "join_problems", "key_types", "orders", "values_of"]
HYPOTHESIS = _hypothesis.__version__
"""The version of hypothesis in use."""
