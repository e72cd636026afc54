"""Feast's exceptions, each of which is also Provender's: code that catches either catches both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from provender.errors import (
    ConfigError,
    DefinitionError,
    NotFound,
    ProvenderError,
    RequestError,
    SourceError,
    TransformError,
)


class FeastError(ProvenderError):
    """The root of Feast's exceptions."""


class FeastConfigError(FeastError, ConfigError):
    """feature_store.yaml, or a `RepoConfig`, is wrong."""


class FeastUnsupportedError(FeastError, DefinitionError, NotImplementedError):
    """Something of Feast that Provender does not do."""


class FeastDefinitionError(FeastError, DefinitionError, ValueError):
    """A definition is not valid."""


class FeastRequestError(FeastError, RequestError, ValueError):
    """A request is not valid."""


class FeastObjectNotFoundException(FeastError, NotFound):
    """Nothing of that name is registered."""


class EntityNotFoundException(FeastObjectNotFoundException):
    """No entity has that name."""


class FeatureViewNotFoundException(FeastObjectNotFoundException):
    """No feature view has that name."""


class OnDemandFeatureViewNotFoundException(FeastObjectNotFoundException):
    """No on-demand feature view has that name."""


class FeatureServiceNotFoundException(FeastObjectNotFoundException):
    """No feature service has that name."""


class DataSourceObjectNotFoundException(FeastObjectNotFoundException):
    """No data source has that name."""


class ProjectObjectNotFoundException(FeastObjectNotFoundException):
    """No project has that name."""


class PushSourceNotFoundException(FeastObjectNotFoundException):
    """No push source has that name, or no view reads it."""

    def __init__(self, push_source_name: str) -> None:
        super().__init__(f"Unable to find push source '{push_source_name}'.")


class DataSourceNoNameException(FeastDefinitionError):
    """A source that reads a query has no name."""

    def __init__(self) -> None:
        super().__init__("Data source must have a name: a query has none of its own")


class ConflictingFeatureViewNames(FeastDefinitionError):
    """Two views share a name."""


class FeatureNameCollisionError(FeastRequestError):
    """Two features of a request have the same name."""

    def __init__(self, feature_refs_collisions: Iterable[str], full_feature_names: bool) -> None:
        names = ", ".join(feature_refs_collisions)
        fix = "use different names" if full_feature_names else "set full_feature_names=True"
        super().__init__(f"Duplicate features named {names} found", fix=fix)


class RequestDataNotFoundInEntityDfException(FeastRequestError):
    """The entity rows lack a column that an on-demand feature view computes with."""


class SpecifiedFeaturesNotPresentError(FeastDefinitionError, TransformError):
    """The function of an on-demand feature view does not return what it declares."""


class SavedDatasetLocationAlreadyExists(FeastRequestError):
    """Something is at the place of a saved dataset already."""


class FeastJoinKeysDuringMaterialization(FeastError, SourceError):
    """The source of a view lacks a join key."""


class FeatureNotFoundError(FeastObjectNotFoundException, KeyError):
    """A view has no such feature."""


_FEASTS: dict[type[ProvenderError], type[FeastError]] = {
    ConfigError: FeastConfigError,
    DefinitionError: FeastDefinitionError,
    NotFound: FeastObjectNotFoundException,
    RequestError: FeastRequestError,
}


@contextmanager
def as_feasts(kind: type[FeastError] | None = None) -> Iterator[None]:
    """Raise Provender's errors as the exceptions that Feast's users catch.

    Args:
        kind: The exception for what is not found.
    """
    try:
        yield
    except FeastError:
        raise
    except ProvenderError as error:
        _raise(error, kind)


def _raise(error: ProvenderError, kind: type[FeastError] | None) -> NoReturn:
    found: type[ProvenderError] = _of(error, kind)
    if found is type(error):
        raise error
    made = found.__new__(found)
    ProvenderError.__init__(made, error.problems[0].fact)
    made.problems = error.problems
    raise made.with_traceback(error.__traceback__) from error


def _of(error: ProvenderError, kind: type[FeastError] | None) -> type[ProvenderError]:
    if isinstance(error, NotFound):
        if error.problems[0].fact.startswith("feature view ") or " has no feature " in str(error):
            return FeatureNotFoundError
        return kind or FeastObjectNotFoundException
    return next((to for of, to in _FEASTS.items() if type(error) is of), type(error))
