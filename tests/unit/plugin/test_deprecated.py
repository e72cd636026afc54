"""Names of the plug-in API that earlier versions had: plug-ins that use them still work."""

import sys

import pytest

import provender.plugin
from provender.plugin import (
    Retry,
    ThreadFanOut,
    cast_batches,
    cast_column,
    cast_rows,
    run_check,
    run_checks,
)


@pytest.mark.parametrize(
    ("name", "now"),
    [("Beside", ThreadFanOut), ("looked_at", run_check), ("looked_at_each", run_checks)],
)
def test_a_name_of_before_works_and_warns(name, now):
    with pytest.warns(DeprecationWarning, match=f"{name} is now called {now.__name__}") as caught:
        assert getattr(provender.plugin, name) is now
    assert [one.filename for one in caught] == [__file__]


def test_retry_has_the_methods_of_before():
    slept = []
    with pytest.warns(DeprecationWarning, match="Patience is now called Retry"):
        patience = provender.plugin.Patience(60, lambda: 0.0, slept.append)
    assert isinstance(patience, Retry)
    patience.renew()
    patience.after_race(ValueError())
    patience.after_fault(ValueError(), passing=True)
    assert len(slept) == 2
    with pytest.raises(ValueError, match="on purpose"):
        patience.after_fault(ValueError("on purpose"), passing=False)
    assert patience.until_done(lambda: 7, lambda error: False) == 7


def test_a_name_that_never_was_is_an_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        provender.plugin.Nothing  # noqa: B018


def test_the_module_of_casts_works_and_warns():
    sys.modules.pop("provender.plugin.conform", None)
    with pytest.warns(DeprecationWarning, match="provender.plugin.conform is deprecated"):
        from provender.plugin.conform import conform, conform_batches, convert
    assert (conform, conform_batches, convert) == (cast_rows, cast_batches, cast_column)
