"""`Transformation`: the function of an on-demand feature view, run on columns of exact types."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from provender.definitions.on_demand_feature_view import Mode, OnDemandFeatureView
from provender.errors import TransformError, value_text
from provender.tabular.typed_column import DoesNotFit, typed
from provender.transforms.calls import CALLS, Misfit, Misshaped
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, Sequence[Any]]
"""Columns by name: lists of Python values, or Arrow arrays."""
T = TypeVar("T")
_SHOWN = 300
"""How many characters of a row that failed are shown."""


@dataclass(frozen=True)
class Form(Generic[T]):
    """How the features that a function returns are given.

    Attributes:
        of: Makes what was returned one column of a type; raises `DoesNotFit` where it is not.
        null: Makes a column with one null.
        joined: Makes one column of several.
    """

    of: Callable[[Any, FeatureType, bool], T]
    null: Callable[[FeatureType], T]
    joined: Callable[[Sequence[T]], T]


def _arrays() -> Form[Any]:
    import pyarrow as pa

    return Form(
        lambda column, kind, exact: typed(column, kind, exact_floats=exact),
        lambda kind: pa.nulls(1, kind.arrow()),
        pa.concat_arrays,
    )


@dataclass(frozen=True)
class Transformation:
    """Runs the function of an on-demand feature view.

    Attributes:
        view: The view's name.
        call: The function.
        mode: What it takes and gives.
        singleton: Whether that is one row.
        null_on_error: Whether a row for which it fails gets nulls.
        inputs: The columns that it takes, and their types.
        outputs: The features that it gives, and their types.
        file: The file of the function, for messages.
    """

    view: str
    call: Callable[..., Any]
    mode: Mode
    singleton: bool
    null_on_error: bool
    inputs: Mapping[str, FeatureType]
    outputs: Mapping[str, FeatureType]
    file: str = ""

    def run(self, columns: Columns, rows: int, first: int = 0) -> list[pa.Array]:
        """Return the features of some rows, each as an array of its type.

        When the function fails for many rows at once, halves of them are tried by themselves:
        the row at fault is found, and where a failure means nulls, the others get their values.

        Args:
            columns: What `inputs` names; more is ignored.
            rows: How many rows there are; no row, no call.
            first: The number of the first of them, for messages.

        Raises:
            TransformError: The function failed for a row, or did not return what it declares.
        """
        return self.run_as(_arrays(), columns, rows, first)

    def run_as(self, form: Form[T], columns: Columns, rows: int, first: int = 0) -> list[T]:
        """Return what `run` returns in another form.

        Raises:
            TransformError: The function failed for a row, or did not return what it declares.
        """
        if not rows:
            return [form.of([], kind, False) for kind in self.outputs.values()]
        return self._run(form, {name: columns[name] for name in self.inputs}, rows, first)

    def at_once(self, columns: Columns, rows: int) -> list[pa.Array]:
        """Return the features of some rows by one call; more is not tried when it fails.

        Args:
            columns: What `inputs` names.
            rows: How many rows there are.

        Raises:
            TransformError: The function failed for them, or did not return what it declares.
        """
        try:
            return self._called(_arrays(), columns, rows)
        except Misshaped as error:
            raise self._misshaped(error) from error
        except Exception as error:
            raise self._failure(columns, f"{rows} rows", error) from error

    def _run(self, form: Form[T], columns: Columns, rows: int, first: int) -> list[T]:
        try:
            return self._called(form, columns, rows)
        except Misshaped as error:  # no row is at fault
            raise self._misshaped(error) from error
        except Exception as error:
            if rows == 1:
                if self.null_on_error:
                    return [form.null(kind) for kind in self.outputs.values()]
                raise self._failure(columns, f"row {first}", error) from error
        return self._in_halves(form, columns, rows, first)

    def _in_halves(self, form: Form[T], columns: Columns, rows: int, first: int) -> list[T]:
        half = rows // 2
        left = {name: column[:half] for name, column in columns.items()}
        right = {name: column[half:] for name, column in columns.items()}
        parts = (
            self._run(form, left, half, first),
            self._run(form, right, rows - half, first + half),
        )
        return [form.joined(both) for both in zip(*parts, strict=True)]

    def _called(self, form: Form[T], columns: Columns, rows: int) -> list[T]:
        """Call the function once, or for each row, and return what it declares.

        Raises:
            Misshaped: It did not return its features, or not for each row.
            Misfit: A value is not of its type.
            Exception: Whatever the function raised.
        """
        call = CALLS["singleton" if self.singleton else self.mode]
        given = call(self.call, columns, rows, self.inputs, list(self.outputs))
        return [self._formed(form, name, given[name], kind) for name, kind in self.outputs.items()]

    def _formed(self, form: Form[T], name: str, column: Any, kind: FeatureType) -> T:
        try:
            return form.of(column, kind, self.mode == "pandas")
        except DoesNotFit as error:
            at = f" at {error.path}" if error.path else ""
            fact = f"feature {name!r} is not of its type{at}"
            raise Misfit(fact, error.got, str(kind)) from None

    def _misshaped(self, error: Misshaped) -> TransformError:
        fact, place = f"on-demand feature view {self.view!r}: {error}", self.file or None
        return TransformError(fact, got=error.got, allowed=error.allowed, place=place)

    def _failure(self, columns: Columns, rows: str, error: Exception) -> TransformError:
        values = {name: _value(column[0]) for name, column in columns.items()}
        where = f"on-demand feature view {self.view!r}, {rows}"
        given = f"for {value_text(values, _SHOWN)}"
        if isinstance(error, Misfit):
            got = f"{error.got} {given}"
            place = self.file or None
            return TransformError(f"{where}: {error}", got=got, allowed=error.allowed, place=place)
        return TransformError(
            f"{where}: its function failed",
            got=f"{type(error).__name__}: {error} {given}",
            fix="handle such values in the function, or define the view with on_error='null'",
            place=self._line(error),
        )

    def _line(self, error: Exception) -> str | None:
        """Return ``file:line`` of the function at which an error was raised."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if self.file and frame.filename == self.file]
        return f"{own[-1].filename}:{own[-1].lineno}" if own else self.file or None


def transformation_of(
    view: OnDemandFeatureView,
    call: Callable[..., Any],
    inputs: Mapping[str, FeatureType],
    *,
    null_on_error: bool | None = None,
) -> Transformation:
    """Return what runs the function of a view.

    Args:
        view: The view.
        call: Its function.
        inputs: The columns that the function takes, and their types.
        null_on_error: Whether a row for which it fails gets nulls; by default as the view says.
    """
    return Transformation(
        view.name,
        call,
        view.mode,
        view.singleton,
        view.on_error == "null" if null_on_error is None else null_on_error,
        inputs,
        {field.name: field.dtype for field in view.schema},
        call.__code__.co_filename if isinstance(call, FunctionType) else "",
    )


def _value(value: Any) -> Any:
    return value.as_py() if hasattr(value, "as_py") else value
