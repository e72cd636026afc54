"""Feast's exceptions, each of which is also Provender's: code that catches either catches both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from provender.errors import (
    ConfigError,
    DefinitionError,
    NotFound,
    Problem,
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


class SavedDatasetNotFound(FeastObjectNotFoundException):
    """No saved dataset has that name."""


class SavedDatasetLocationAlreadyExists(FeastRequestError):
    """Something is at the place of a saved dataset already."""


class FeastJoinKeysDuringMaterialization(FeastDefinitionError, SourceError):
    """The source of a view lacks a join key."""


class FeatureNotFoundError(FeastObjectNotFoundException, KeyError):
    """A view has no such feature."""


@contextmanager
def as_feasts() -> Iterator[None]:
    """Raise Provender's errors as the exceptions that Feast's users catch."""
    try:
        yield
    except FeastError:
        raise
    except ProvenderError as error:
        made = _feasts(error)
        if made is None:
            raise
        raise made from error


def _feasts(error: ProvenderError) -> FeastError | None:
    """Return the exception that Feast's users catch; None where they know none."""
    first = error.problems[0]
    if found := _MISSING.match(first.fact):
        kind, words = _NOT_FOUND[found["kind"]]
        fact = f"{words} {found['name']} does not exist in project {found['project']}"
        return _made(kind, error, replace(first, fact=fact))
    kinds = [kind for text, kind in _BY_TEXT if re.search(text, first.fact)]
    known = [_KINDS[of] for of in type(error).__mro__ if of in _KINDS]
    return _made((*kinds, *known)[0], error, first) if (*kinds, *known) else None


def _made(kind: type[FeastError], error: ProvenderError, first: Problem) -> FeastError:
    """Return an exception with the problems of an error, the first in Feast's words."""
    made = kind.__new__(kind)
    ProvenderError.__init__(made, first.fact)
    first = replace(first, fix=first.fix and first.fix.replace("provender apply", "feast apply"))
    made.problems = (first, *error.problems[1:])
    return made


_NOT_FOUND: Final[Mapping[str, tuple[type[FeastError], str]]] = {
    "entity": (EntityNotFoundException, "Entity"),
    "feature view": (FeatureViewNotFoundException, "Feature view"),
    "on-demand feature view": (OnDemandFeatureViewNotFoundException, "On demand feature view"),
    "feature service or feature view": (FeatureViewNotFoundException, "Feature view"),
    "feature service": (FeatureServiceNotFoundException, "Feature service"),
    "data source": (DataSourceObjectNotFoundException, "Data source"),
    "saved dataset": (SavedDatasetNotFound, "Saved dataset"),
}
_MISSING: Final = re.compile(
    rf"no (?P<kind>{'|'.join(_NOT_FOUND)}) '(?P<name>.*)' in project '(?P<project>.*)'"
)
"""What Provender says of what is not registered."""
_KINDS: Final[Mapping[type[ProvenderError], type[FeastError]]] = {
    ConfigError: FeastConfigError,
    DefinitionError: FeastDefinitionError,
    NotFound: FeastObjectNotFoundException,
    RequestError: FeastRequestError,
}
_BY_TEXT: Final[Sequence[tuple[str, type[FeastError]]]] = (
    (r" has no feature ", FeatureNotFoundError),
    (r" did not return the feature ", SpecifiedFeaturesNotPresentError),
    (
        r"saved dataset .* (already|at this place)|is (there|at .*) already",
        SavedDatasetLocationAlreadyExists,
    ),
)
"""What Provender says where Feast has an exception of its own."""
for _kind in [*globals().values()]:
    if isinstance(_kind, type) and issubclass(_kind, FeastError):
        _kind.__module__ = "feast.errors"  # where Feast's users know them, also in their logs
