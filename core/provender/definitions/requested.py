"""How a request names features: references, views, parts of views, a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import replace

from provender.definitions.feature_service import FeatureService
from provender.definitions.feature_view import FeatureView
from provender.definitions.on_demand_feature_view import OnDemandFeatureView
from provender.definitions.projection import Projection
from provender.errors import RequestError, value_text

Part = str | FeatureView | OnDemandFeatureView | Projection
"""A reference, or a view or a part of one instead of its reference."""
Features = Iterable[Part] | FeatureService | Part
"""How features are named: one or several parts, a feature service, or the name of one."""
Requested = tuple[str | Projection, ...] | FeatureService | str
"""The same, read: parts, a service, or a name without a feature: a service's, or a view's."""
_ALLOWED = (
    "a list of references such as ['driver_stats:conv_rate', 'driver_stats:rating'], "
    "feature views or parts of them, a feature service, or the name of a feature service"
)


def requested(features: Features | None) -> Requested:
    """Return what names the features of a request, an iterator read once.

    Raises:
        RequestError: It is left out, empty, or something else.
    """
    if features is None:
        raise none_given("None, or no argument")
    if isinstance(features, FeatureService):
        return features
    if isinstance(features, Part):
        one = _part(features, "")
        return one if one is features and isinstance(one, str) and ":" not in one else (one,)
    if isinstance(features, Sized) and not isinstance(features, type) and not len(features):
        raise none_given(f"{value_text(features)}, which names no features")
    if not isinstance(features, Iterable) or isinstance(features, bytes | Mapping | type):
        raise _not_features(features)
    parts = tuple(_part(one, f" at features[{place}]") for place, one in enumerate(features))
    if not parts:
        raise none_given("an iterator without any")
    return parts


def none_given(got: str) -> RequestError:
    """Return the error for a request without features."""
    return RequestError("no features are requested", got=got, allowed=_ALLOWED)


def projection_of(part: str | Projection) -> Projection:
    """Return the part of a view that a reference names."""
    if isinstance(part, Projection):
        return part
    view, colon, feature = part.partition(":")
    return Projection(view, (feature,) if colon else None)


def _part(part: object, where: str) -> str | Projection:
    if isinstance(part, str):
        if not part.strip():
            raise none_given(f"{value_text(part)}{where or ', a name without letters'}")
        return part
    if isinstance(part, FeatureView | OnDemandFeatureView):
        return part.name
    if isinstance(part, Projection):
        return replace(part, place="")
    raise _not_features(part, where)


def _not_features(got: object, where: str = "") -> RequestError:
    fact = "the features are not given as references, views or a service"
    alone = isinstance(got, FeatureService)
    fix = "pass a feature service by itself, not in a list" if alone else None
    return RequestError(fact, got=f"{value_text(got)}{where}", allowed=_ALLOWED, fix=fix)
