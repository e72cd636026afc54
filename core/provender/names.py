"""Names of columns that clash: given twice, or different only in the case of letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once, sorted."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def alike_names(names: Iterable[str]) -> list[str]:
    """Return the names that some dialect takes for another one of them, in their order."""
    names = list(names)
    folded = Counter(map(str.casefold, names))
    return [name for name in names if folded[name.casefold()] > 1]
