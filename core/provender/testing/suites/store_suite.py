"""What the suites of all stores share: the provider under test and what it claims to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from provender.plugin.contract.info import Role
from provender.testing.suites.capabilities import needed_by
from provender.testing.suites.store_opener import StoreOpener


class StoreSuite:
    """The root of the suites of stores.

    Attributes:
        role: What the store is for; the suite says it.
        provider: The name of the provider's entry point; the subclass says it.
        store_type: The `type:` of the store; None: the provider's default.
    """

    role: ClassVar[Role]
    provider: ClassVar[str]
    store_type: ClassVar[str | None] = None

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        """The store's section of feature_store.yaml; a subclass may override it."""
        return {}

    @pytest.fixture
    def opener(self, settings: Mapping[str, Any], tmp_path: Path) -> StoreOpener:
        """The address of a store that is new, or at least empty of the suite's names."""
        return StoreOpener(self.role, self.provider, self.store_type, tmp_path, settings)

    @pytest.fixture
    def open_store(self, opener: StoreOpener) -> Iterator[Callable[[], Any]]:
        """Open the same store once more; every one is closed in the end."""
        opened: list[Any] = []

        def open_one() -> Any:
            opened.append(opener.open())
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    def capabilities(self) -> frozenset[str]:
        """What the store claims, by default as its plug-in says."""
        address = StoreOpener(self.role, self.provider, self.store_type, Path())
        return address.type().capabilities

    @pytest.fixture(autouse=True)
    def _only_what_is_claimed(self, request: pytest.FixtureRequest) -> None:
        """Skip a test whose capability the store does not claim."""
        case = getattr(request.node, "callspec", None)
        stored = case.params if case is not None and self.role == "offline" else None
        capability = needed_by(request.function, stored)
        if capability is None:
            return
        if capability not in self.capabilities():
            pytest.skip(f"{capability}: not claimed")


def expect(holds: bool, rule: str, got: object = None) -> None:
    """Fail with the rule that does not hold, and with what came instead.

    Raises:
        AssertionError: `holds` is false.
    """
    if not holds:
        raise AssertionError(rule if got is None else f"{rule}\n  got: {got!r}")


def expect_equal(got: object, expected: object, rule: str) -> None:
    """Fail with the rule and both values when they are not equal.

    Raises:
        AssertionError: They are not equal.
    """
    if got != expected:
        raise AssertionError(f"{rule}\n  expected: {_short(expected)}\n  got:      {_short(got)}")


def expect_no(difference: str | None, rule: str) -> None:
    """Fail with the rule and a difference that was explained, if there is one.

    Raises:
        AssertionError: There is a difference.
    """
    if difference is not None:
        raise AssertionError(f"{rule}\n{difference}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:560]}… ({len(text)} characters)"
