"""Instants as people give them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from provender.clock import parse_instant
from provender.errors import RequestError


def test_a_date_means_midnight_in_utc():
    assert parse_instant(date(2026, 3, 1)) == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", [pd.NaT, None, 5, b"2026-03-01", [], "soon"])
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(RequestError, match="timestamp is not a timestamp"):
        parse_instant(value)


def test_dates_in_every_verb(repository, instants):
    store = repository.store()
    assert store.materialize(date(2026, 2, 1), date(2026, 3, 1)) == []
    assert store.materialize_incremental(date(2026, 3, 1)) == []
    assert store.rebuild(end_date=date(2026, 3, 1)) == []
