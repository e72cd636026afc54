"""Figures of online tables: exact for a small one, from a sample of pages for a large one."""

from __future__ import annotations

import os

import pytest

from provender.plugin import OnlineTable
from provender.testing.suites.store_opener import StoreOpener

ROWS = 30_000


@pytest.fixture
def store(tmp_path, url, schema):
    settings = {"url": url, "schema_name": schema}
    with_rows = StoreOpener("online", "postgres", None, tmp_path, settings).open()
    yield with_rows
    with_rows.close()


def test_a_table_above_32_mb_is_sampled(store, admin, schema):
    table = OnlineTable("shop", "orders")
    store.prepare([table])
    admin.execute(
        f'INSERT INTO {schema}."shop.orders.0" SELECT int8send(n), n, 0,'
        f" convert_to(rpad(n::text, 1500), 'UTF8') FROM generate_series(1, {ROWS}) AS n"
        " ORDER BY hashint8(n)"
    )
    found = store.figures(table, ROWS // 3)
    assert found.estimated == {"rows", "expired", "oldest_us", "newest_us"}
    assert ROWS * 0.7 < found.rows < ROWS * 1.4
    assert 0.25 < found.expired / found.rows < 0.42
    assert 1 <= found.oldest_us < found.newest_us <= ROWS
    assert ROWS * 1_500 < found.bytes < ROWS * 3_000
    found = store.figures(table, None)
    assert found.expired == 0
    assert "expired" not in found.estimated


def test_a_small_table_is_exact_and_its_size_has_the_index(store):
    table = OnlineTable("shop", "orders")
    store.prepare([table])
    value = os.urandom(5_000)
    store.write(table, [(b"%d" % n, n, 0, value) for n in range(50)])
    found = store.figures(table, 10)
    assert (found.rows, found.expired, found.oldest_us, found.newest_us) == (50, 10, 0, 49)
    assert found.estimated == frozenset()
    assert found.bytes > 50 * 5_000  # stored out of line
