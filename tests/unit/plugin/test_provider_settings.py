"""The keys under a provider's own name: what is wrong with them is said in words of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from provender.errors import ConfigError
from provender.plugin import PluginContext
from provender_aws.configuration import provider_settings as aws
from provender_gcp.configuration import provider_settings as gcp
from provender_remote.configuration import address


def remote(context):
    return address(None, "url", context)


@pytest.mark.parametrize(
    ("read", "key", "close"),
    [(aws, "regionn", "region"), (gcp, "project_idd", "project_id"), (remote, "ur", "url")],
)
def test_an_unknown_key_is_answered_by_the_known_ones(read, key, close):
    with pytest.raises(ConfigError) as caught:
        read(PluginContext("p", Path("/repo"), provider={key: "x", "zzz": "y"}))
    first, other = caught.value.problems
    assert first.fact.endswith(f".{key} is not a setting")
    assert first.fix == f"did you mean {close!r}?"
    assert close in first.allowed.split(", ")
    assert "…" not in first.allowed
    assert other.fix.startswith("remove it from /repo/feature_store.yaml")
