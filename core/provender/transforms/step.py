"""`Step`: an on-demand feature view as a part of a request, on the columns that were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from provender.transforms.transformation import Form, Transformation
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """Computes the features that are wanted of one on-demand feature view.

    Attributes:
        name: The name of the view, or that which the request gave it.
        transformation: Runs its function.
        columns: Each column that the function takes, and the column of what was read that has it.
        requests: The columns of the entity rows that come with the request, and their types.
        outputs: Each feature that is wanted, and its name in the result.
    """

    name: str
    transformation: Transformation
    columns: Mapping[str, str]
    requests: Mapping[str, FeatureType]
    outputs: Mapping[str, str]

    @property
    def types(self) -> list[FeatureType]:
        """The types of the features that are wanted."""
        return [self.transformation.outputs[feature] for feature in self.outputs]

    def run(self, read: Mapping[str, Sequence[Any]], rows: int, first: int = 0) -> list[pa.Array]:
        """Return the features that are wanted, each as an array of its type.

        Args:
            read: What was read, and the entity rows, by column.
            rows: How many rows there are.
            first: The number of the first of them, for messages.

        Raises:
            TransformError: The function failed for a row, or did not return what it declares.
        """
        return self._wanted(self.transformation.run(self._inputs(read), rows, first))

    def run_as(self, form: Form[T], read: Mapping[str, Sequence[Any]], rows: int) -> list[T]:
        """Return what `run` returns in another form.

        Raises:
            TransformError: The function failed for a row, or did not return what it declares.
        """
        return self._wanted(self.transformation.run_as(form, self._inputs(read), rows))

    def _inputs(self, read: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        return {name: read[column] for name, column in self.columns.items()}

    def _wanted(self, found: Sequence[T]) -> list[T]:
        by_name = dict(zip(self.transformation.outputs, found, strict=True))
        return [by_name[feature] for feature in self.outputs]
