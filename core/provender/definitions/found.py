"""What modules define: the objects in their variables, and those that they created otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from provender.definitions.entity import Entity
from provender.definitions.feature_service import FeatureService
from provender.definitions.feature_view import FeatureView
from provender.definitions.on_demand_feature_view import OnDemandFeatureView
from provender.definitions.push_source import PushSource
from provender.definitions.source import DataSource

Definition = Entity | FeatureView | OnDemandFeatureView | FeatureService | DataSource
_KINDS = (Entity, FeatureView, OnDemandFeatureView, FeatureService, DataSource)


def found_in(
    modules: Sequence[ModuleType], made: Iterable[tuple[str, object]], files: Sequence[Path]
) -> list[Definition]:
    """Return each definition of a repository once.

    What a variable, a collection, a class or an object of the modules leads to comes first. What
    was made besides counts when nothing of its kind and name is among that, such as a view that
    a loop made and no variable keeps.

    Args:
        modules: The definition modules.
        made: What was made while they loaded, each with the file whose top level made it.
        files: The files of the modules.
    """
    found = _Distinct()
    for module in modules:
        for one in _reachable(module):
            found.add(one)
    taken = {_key(other) for one in found.all for other in (one, *_sources(one))}
    own = {str(file) for file in files}
    rest = [one for file, one in made if file in own and isinstance(one, _KINDS)]
    rest = [one for one in rest if hasattr(one, "name") and _key(one) not in taken]
    within = {_key(source) for one in rest for source in _sources(one)}
    for one in rest:
        if _key(one) not in within:
            found.add(one)
    return found.all


def is_checkable(one: Definition) -> bool:
    """Whether a definition, perhaps one with problems, has what further checks need."""
    if isinstance(one, FeatureView):
        return isinstance(one.name, str) and _is_source(one.source)
    if isinstance(one, DataSource):
        return _is_source(one)
    return isinstance(one.name, str)


def _is_source(source: object) -> bool:
    if isinstance(source, PushSource):
        return isinstance(source.name, str) and _is_source(source.batch_source)
    return isinstance(source, DataSource) and isinstance(source.name, str)


class _Distinct:
    """Definitions, each once: equal ones are one."""

    def __init__(self) -> None:
        self.all: list[Definition] = []
        self._named: dict[tuple[type, str], list[Definition]] = {}

    def add(self, one: Definition) -> None:
        same = self._named.setdefault(_key(one), [])
        if one not in same:
            same.append(one)
            self.all.append(one)


def _key(one: Definition) -> tuple[type, str]:
    return next(kind for kind in _KINDS if isinstance(one, kind)), str(one.name)


def _sources(one: Definition) -> list[DataSource]:
    """Return the sources that come with a definition."""
    if not is_checkable(one):
        return []
    if isinstance(one, FeatureView):
        return [one.source, one.source.stored]
    return [one.stored] if isinstance(one, DataSource) and one.stored is not one else []


def _reachable(module: ModuleType) -> Iterator[Definition]:
    """Return what the variables of a module lead to, through its collections and classes."""
    seen: set[int] = set()
    left: list[object] = list(reversed(_variables(module)))
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, _KINDS):
            yield value
        else:
            left.extend(reversed(_inside(value, module)))


def _variables(module: ModuleType) -> list[object]:
    return [value for name, value in vars(module).items() if name != "__builtins__"]


def _inside(value: object, module: ModuleType) -> list[object]:
    """Return what a collection holds, or a class of the module, or an object of such a class."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == module.__name__:
        return list(getattr(value, "__dict__", {}).values())
    return []
