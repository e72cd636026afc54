"""The root of the offline suite's parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from provender.plugin import Role
from provender.testing.suites.capabilities import needed_for
from provender.testing.suites.examples import EXAMPLES
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.store_suite import StoreSuite
from provender.types import FeatureType


class OfflineSuiteBase(StoreSuite):
    """An offline store, and rows where it reads them: the provider's fixture `harness`.

    Attributes:
        large: How many entity rows have a result of several batches.
    """

    role: ClassVar[Role] = "offline"
    large: ClassVar[int] = 400_000

    def examples_of(self, kind: FeatureType) -> list[Any]:
        """Return all examples of a type that the store claims to hold."""
        can = {None, *self.capabilities()}
        return [value for of, _, value in EXAMPLES if of == kind and needed_for(kind, value) in can]

    @pytest.fixture
    def harness(self) -> OfflineHarness:
        """The provider's harness; a subclass overrides this fixture."""
        raise NotImplementedError("override the fixture harness: see OfflineStoreSuite")

    @pytest.fixture(autouse=True)
    def _closed_in_the_end(self, harness: OfflineHarness) -> Iterator[None]:
        yield
        harness.store.close()
