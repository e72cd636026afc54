"""`RegistrySuite`: the conformance suite of registries.

A provider subclasses it::

    class TestS3Registry(RegistrySuite):
        provider = "aws"

        @pytest.fixture
        def settings(self, bucket):
            return {"path": f"s3://{bucket}/registry"}
"""

from __future__ import annotations

from provender.testing.suites.registry.concurrency_rules import RegistryCrowdRules
from provender.testing.suites.registry.document_rules import (
    RegistryReplaceRules,
    RegistrySwapRules,
    RegistryWriteRules,
)


class RegistrySuite(
    RegistryWriteRules, RegistryReplaceRules, RegistrySwapRules, RegistryCrowdRules
):
    """Every rule of `provender.plugin.Registry`, one test each."""
