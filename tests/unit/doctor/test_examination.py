"""What the doctor finds with stores that break the rules, and with clocks that differ."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender.clock import to_us
from provender.doctor import examine
from provender.doctor.store_trips import clock_skew, online_trip, registry_trip
from provender.errors import RegistryError, StoreError
from provender.plugin import Finding, run_check


def test_a_registry_that_lets_writers_overwrite_each_other(repository):
    with repository.store() as store:
        registry = store.stores.registry
        write = registry.write
        registry.write = lambda name, payload, expected: write(  # as one without conditions
            name, payload, (found.version if (found := registry.read(name)) else 0)
        )
        registry.delete = lambda name, expected: None
        with pytest.raises(RegistryError, match="has not seen"):
            registry_trip(registry, "test")


def test_an_online_store_that_loses_rows(repository):
    with repository.store() as store:
        online = store.stores.online
        online.write = lambda table, rows: None
        with pytest.raises(StoreError, match="does not return what was written"):
            online_trip(online, "test")


def test_a_clock_that_is_behind_the_last_commit(clock):
    last = to_us(clock() + timedelta(minutes=2))
    with pytest.raises(StoreError, match=r"(?s)behind.*2 minutes") as caught:
        clock_skew(last, clock)
    assert "NTP" in caught.value.problems[0].fix
    assert "not behind" in clock_skew(to_us(clock()), clock)


def test_a_clock_that_stands_far_in_the_past(clock):
    def no_config():
        raise StoreError("no configuration")

    clock.now = clock.now.replace(year=1980)
    findings = {one.subject: one for one in examine(no_config, lambda config: [], clock)}
    assert not findings["the machine's clock"].ok
    assert "NTP" in findings["the machine's clock"].fix


@pytest.mark.parametrize("error", [ZeroDivisionError("oh"), ModuleNotFoundError("no module x")])
def test_a_check_that_fails_is_a_finding(error):
    def check():
        raise error

    finding = run_check("it", check, "pip install it")
    assert isinstance(finding, Finding)
    assert not finding.ok
    assert str(error) in finding.detail
    assert finding.fix == ("pip install it" if isinstance(error, ModuleNotFoundError) else None)
