"""What the modules of a repository build when they are imported, followed through their calls.

``ratings = view("ratings")`` builds a view when ``view`` is a function of another module of the
repository that builds one. What an installed package does is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from provender.definitions.module_text import ModuleText

_PACKAGES = ("provender", "feast")
_ENDINGS = ("Entity", "Service", "Source", "View")
_OF_SCRIPTS = ("FeatureStore", "Client", "AsyncClient")

Symbol = tuple[Path, str]


def is_ours(module: str) -> bool:
    """Whether a dotted name is Provender's, a provider's, or of the older spelling."""
    top = module.split(".")[0]
    return top in _PACKAGES or top.startswith("provender_")


class Builders:
    """Which modules of a repository build definitions.

    Args:
        root: The directory that modules are imported from.
        texts: What the modules say, by file.
    """

    def __init__(self, root: Path, texts: Mapping[Path, ModuleText]) -> None:
        self._texts = texts
        self._modules = {_module_name(file, root): file for file in texts}
        self._names = {file: name for name, file in self._modules.items()}

    def builds(self, file: Path) -> bool:
        """Whether importing a module builds definitions and does no work of a script."""
        direct = self._direct(file)
        if _defines(direct):
            return "FeatureStore" not in direct
        run = self._run(file)
        return _defines(run) and not run.intersection(_OF_SCRIPTS)

    def is_script(self, file: Path) -> bool:
        """Whether importing a module makes a feature store or a client."""
        return bool(self._run(file).intersection(_OF_SCRIPTS))

    def _direct(self, file: Path) -> set[str]:
        """Return the names of Provender that a module itself calls."""
        text = self._texts[file]
        found = [self._resolved(file, chain, set()) for chain in text.called]
        return {name for one in found if isinstance(one, str) for name in one.split(".")}

    def _run(self, file: Path) -> set[str]:
        """Return the names of Provender that are used when a module is imported."""
        text = self._texts[file]
        given = {chain for chain in text.given if self._is_function(file, chain)}
        extended = {c for c in text.extended if not isinstance(self._resolved(file, c, set()), str)}
        return self._reached(file, text.called | given | extended, set())

    def _is_function(self, file: Path, chain: str) -> bool:
        found = self._resolved(file, chain, set())
        return isinstance(found, str) or (found is not None and self._has_function(found))

    def _has_function(self, symbol: Symbol) -> bool:
        return symbol[1].partition(".")[0] in self._texts[symbol[0]].functions

    def _reached(self, file: Path, chains: Iterable[str], seen: set[Symbol]) -> set[str]:
        names: set[str] = set()
        for chain in chains:
            found = self._resolved(file, chain, set())
            if isinstance(found, str):
                names.update(found.split("."))
            elif found is not None and found not in seen:
                seen.add(found)
                names |= self._reached(found[0], self._followed(found), seen)
        return names

    def _followed(self, symbol: Symbol) -> set[str]:
        """Return the names that are used when something is called, or a method of it."""
        file, chain = symbol
        text, name = self._texts[file], chain.partition(".")[0]
        if name in text.functions:
            return text.functions[name]
        maker = text.instances.get(name)
        made_by = self._resolved(file, maker, set()) if maker else None
        is_object = isinstance(made_by, tuple) and made_by[1] in self._texts[made_by[0]].classes
        return {maker} if maker and is_object else text.variables[name]

    def _resolved(self, file: Path, chain: str, seen: set[Symbol]) -> Symbol | str | None:
        """Return where a name comes from: a module's own, or text when it is Provender's."""
        text, top = self._texts[file], chain.partition(".")[0]
        if (file, chain) in seen:
            return None
        seen.add((file, chain))
        if top in text.imports:  # first: what stands for it where an import fails comes after
            found = self._imported(file, text.imports[top] + chain[len(top) :], seen)
            if found is not None:
                return found
        if top in text.functions or top in text.variables:
            return file, chain
        stars = [star if star.endswith(".") else f"{star}." for star in text.stars]
        theirs: str | None = None
        for star in stars:
            found = self._imported(file, star + chain, seen)
            if isinstance(found, tuple):
                return found
            theirs = theirs or found
        return theirs

    def _imported(self, file: Path, dotted: str, seen: set[Symbol]) -> Symbol | str | None:
        parts = self._absolute(file, dotted).split(".")
        for count in range(len(parts), 0, -1):
            module = self._modules.get(".".join(parts[:count]))
            if module is not None:
                rest = ".".join(parts[count:])
                return self._resolved(module, rest, seen) if rest else None
        return ".".join(parts) if is_ours(parts[0]) else None

    def _absolute(self, file: Path, dotted: str) -> str:
        name = dotted.lstrip(".")
        level = len(dotted) - len(name)
        if not level:
            return name
        package = self._names[file].split(".")
        above = package[: len(package) - level + (file.name == "__init__.py")]
        return ".".join([*above, name])


def _module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _defines(names: Iterable[str]) -> bool:
    return any(name.endswith(_ENDINGS) for name in names)
