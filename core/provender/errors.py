"""Every error that Provender raises, as one tree.

::

    ProvenderError
    ├── ConfigError              feature_store.yaml is wrong
    ├── PluginError              a plug-in cannot be used
    │   ├── UnknownProvider      no installed distribution offers that name
    │   ├── MissingExtra         the provider is known, its SDK is not installed
    │   ├── BrokenPlugin         the plug-in's own code failed while it was loaded
    │   ├── DuplicatePlugin      two distributions claim one name
    │   └── IncompatiblePlugin   built for another version of the plug-in API
    ├── DefinitionError          an entity, source or view is not valid
    ├── NotFound                 no such view, feature, entity or source is registered
    ├── RequestError             a request is not valid: rows, keys, columns, times
    ├── TransformError           the function of an on-demand feature view failed
    ├── SourceError              the data of a source are missing or of the wrong shape
    │   ├── NoDataYet            nothing was written to the source yet; an append creates it
    │   └── DatasetChanged       the rows of a saved dataset are not those that were saved
    ├── StoreError               a store failed: locked, full, unreachable
    ├── RegistryError            the registry cannot be read or written
    │   └── Conflict             another writer changed the document first
    ├── MaterializeError         some views could not be materialized
    └── PushError                a push failed in part, or as a whole

An error carries one or more `Problem`s. Each states the fact, what was got, what is allowed
and how to fix it, and its place (``file:line:col``) if that is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

_LONGEST_VALUE = 2_000
_SHOWN = 900
"""Characters of a longer value that are shown from its beginning and from its end."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        fact: What is wrong, as a sentence without a full stop.
        got: The offending value, as text; the middle of a very long one is left out.
        allowed: What would have been accepted.
        fix: What to do about it.
        place: ``file:line`` or ``file:line:col``.
    """

    fact: str
    got: str | None = None
    allowed: str | None = None
    fix: str | None = None
    place: str | None = None

    def __post_init__(self) -> None:
        if self.got and len(self.got) > _LONGEST_VALUE:
            left_out = len(self.got) - 2 * _SHOWN
            short = f"{self.got[:_SHOWN]} … ({left_out:,} characters) … {self.got[-_SHOWN:]}"
            object.__setattr__(self, "got", short)

    def __str__(self) -> str:
        head = f"{self.place}: {self.fact}" if self.place else self.fact
        notes = (("got", self.got), ("allowed", self.allowed), ("fix", self.fix))
        return "\n".join([head, *(f"  {label}: {text}" for label, text in notes if text)])


class ProvenderError(Exception):
    """The root of the tree; catch it to catch everything that Provender raises.

    Args:
        fact: What is wrong, as a sentence without a full stop.
        got: The offending value, as text.
        allowed: What would have been accepted.
        fix: What to do about it.
        place: ``file:line`` or ``file:line:col``.

    Attributes:
        problems: Everything that is wrong, at least one `Problem`.
    """

    def __init__(
        self,
        fact: str,
        *,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
        place: str | None = None,
    ) -> None:
        self.problems: tuple[Problem, ...] = (Problem(fact, got, allowed, fix, place),)
        super().__init__(fact)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Self:
        """Return one error that reports all `problems` at once."""
        problems = tuple(problems)
        error = cls(problems[0].fact)
        error.problems = problems
        return error

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ConfigError(ProvenderError):
    """feature_store.yaml is missing or wrong."""


class PluginError(ProvenderError):
    """A plug-in cannot be used."""


class UnknownProvider(PluginError):  # noqa: N818 - a name from the field, as LookupError's kin
    """No installed distribution offers a provider or store type of that name."""


class MissingExtra(PluginError):  # noqa: N818
    """The provider is installed, but the SDK that its extra brings is not."""


class BrokenPlugin(PluginError):  # noqa: N818
    """The plug-in's own code failed while it was loaded; its traceback is the cause."""


class DuplicatePlugin(PluginError):  # noqa: N818
    """Two installed distributions claim one provider name."""


class IncompatiblePlugin(PluginError):  # noqa: N818
    """The plug-in was built for another version of the plug-in API."""


class DefinitionError(ProvenderError):
    """One or more definitions (entity, source, feature view) are not valid."""


class NotFound(ProvenderError):  # noqa: N818
    """The catalog holds no such view, feature, entity or source."""


class RequestError(ProvenderError):
    """A request is not valid: entity rows, join keys, column names, times."""


class DataLoss(RequestError):  # noqa: N818
    """Online rows would be lost without consent; nothing was changed."""


class TransformError(ProvenderError):
    """The function of an on-demand feature view failed, or did not return what it declares."""


class SourceError(ProvenderError):
    """The data behind a source are missing or have the wrong columns or types."""


class NoDataYet(SourceError):  # noqa: N818
    """Nothing was written to the source yet; the first append creates it."""


class DatasetChanged(SourceError):  # noqa: N818
    """The stored rows of a saved dataset are not those that were saved."""


class StoreError(ProvenderError):
    """A store failed: it is locked, full, unreachable or damaged."""


class RegistryError(ProvenderError):
    """The registry cannot be read or written."""


class Conflict(RegistryError):  # noqa: N818
    """A document changed between reading and writing; nothing was written."""


class MaterializeError(ProvenderError):
    """Some views could not be materialized; the others were."""


class PushError(ProvenderError):
    """A store failed while rows were pushed; it says what was written, and what was not."""


class TransformWarning(UserWarning):
    """The function of an on-demand feature view fails for rows that may come, such as nulls."""


class OlderNameWarning(DeprecationWarning):
    """An older name was used; it still works, and the message has the current one.

    Filter it by this class: ``warnings.simplefilter("ignore", OlderNameWarning)``.
    """


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return ``did you mean 'x'?`` for the closest of `known`, or None when none is close.

    None also if `word` itself is known: there is no point in repeating it.
    """
    known = list(known)
    close = [] if word in known else get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else None


def rename_close(wanted: str, given: Iterable[str]) -> str | None:
    """Return which of the `given` names should be `wanted`, or None when none is close to it."""
    close = get_close_matches(wanted, list(given), n=1, cutoff=0.6)
    return f"name it {wanted!r} instead of {close[0]!r}" if close else None


def same_name(view: str, feature: str, output: str) -> Problem:
    """Return what is wrong when a column of the entity rows has the name of a feature.

    Args:
        view: The feature's view.
        feature: Its name there.
        output: The name of both columns in the result.
    """
    fact = f"feature {f'{view}:{feature}'!r} and a column of the entity rows are both {output!r}"
    longer = "pass full_feature_names=True, or " if output == feature else ""
    return Problem(fact, fix=f"{longer}rename the column")


def value_text(value: object, most: int = 200) -> str:
    """Return the ``repr`` of a value; of a long one, the middle is left out.

    Args:
        value: The value.
        most: How many characters are shown.
    """
    text = repr(value)
    if len(text) <= most:
        return text
    end = most // 4
    left_out = len(text) - most
    return f"{text[: most - end]} … ({left_out:,} characters) … {text[-end:]}"


def shortened(names: Iterable[str], most: int = 12) -> str:
    """Return `names` in their order, joined by commas, cut after `most` of them."""
    names = list(names)
    more = f" … ({len(names) - most} more)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return `names` sorted and joined by commas, cut after `most` of them."""
    return shortened(sorted(names), most) or "(none)"


def count_text(count: int, one: str, more: str | None = None) -> str:
    """Return ``1 row`` or ``2,000 rows``."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def bytes_text(count: int) -> str:
    """Return a size in words, such as ``16 MiB``; in bytes where no unit holds it exactly."""
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count and count % size == 0:
            return f"{count // size:,} {unit}"
    return count_text(count, "byte")
