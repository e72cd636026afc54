"""Rules of the online suite: tables are created, dropped and isolated from each other."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from provender.clock import system_clock, to_us
from provender.plugin import OnlineStore, OnlineTable
from provender.testing.suites.capabilities import needs
from provender.testing.suites.online.base_suite import (
    OnlineSuiteBase,
    expect_merge,
    expect_rows,
    row,
)
from provender.testing.suites.store_suite import expect, expect_equal

_TWINS = [
    pytest.param(one, other, id=label)
    for label, one, other in [
        ("another project", ("shop", "view"), ("bank", "view")),
        ("another view", ("shop", "view"), ("shop", "other")),
        ("project and view run together", ("a_b", "c"), ("a", "b_c")),
        ("two underscores", ("a__b", "c"), ("a", "b__c")),
        ("hyphen and underscore", ("a-b", "c"), ("a_b", "c")),
        ("hyphen in the view", ("a", "b-c"), ("a", "b_c")),
        ("only the case of the view differs", ("shop", "View"), ("shop", "view")),
        ("only the case of the project differs", ("Shop", "view"), ("shop", "view")),
        ("one name begins with the other", ("shop", "view"), ("shop", "view2")),
    ]
]
_NAMES = ["select", "table", "_", "a" * 60, "Order-Items", "sqlite_master", "v0", "index", "key"]


class OnlineTableRules(OnlineSuiteBase):
    """`prepare` and `drop` can be done again; tables are apart."""

    @pytest.mark.parametrize(("one", "other"), _TWINS)
    def test_tables_with_similar_names_are_apart(
        self,
        store: OnlineStore,
        open_store: Callable[[], OnlineStore],
        one: tuple[str, str],
        other: tuple[str, str],
    ) -> None:
        """Rows of one are not seen in the other, and stay when the other is dropped."""
        run = f"t{uuid4().hex[:8]}"
        first, second = OnlineTable(run + one[0], one[1]), OnlineTable(run + other[0], other[1])
        store.prepare([first, second])
        mine, theirs = row(b"k", 1, 1, b"mine"), row(b"k", 9, 9, b"theirs")
        store.write(first, [mine])
        expect_rows(store, second, [b"k"], [None], "tables do not see each other")
        store.write(second, [theirs])
        expect_rows(store, first, [b"k"], [mine], "tables do not see each other")
        store.drop([second])
        expect_rows(open_store(), first, [b"k"], [mine], "a dropped table takes no other with it")
        store.drop([first])

    @pytest.mark.parametrize("view", _NAMES)
    def test_any_valid_name_names_a_table(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable], view: str
    ) -> None:
        """Keywords, long names and hyphens are names like any other."""
        table = new_table(view)
        expect_merge(store, table, [[row(b"k")]], f"a view may be named {view!r}")

    def test_prepare_again_keeps_the_rows(self, store: OnlineStore, table: OnlineTable) -> None:
        """Preparing what is prepared does nothing."""
        store.write(table, [row(b"k")])
        store.prepare([table, table])
        store.prepare([table])
        expect_rows(store, table, [b"k"], [row(b"k")], "preparing again keeps the rows")

    def test_drop_removes_the_rows(self, store: OnlineStore, table: OnlineTable) -> None:
        """A dropped table has no rows, and none when it is prepared anew."""
        store.write(table, [row(b"a", 9), row(b"b")])
        store.drop([table])
        expect_rows(store, table, [b"a", b"b"], [None, None], "dropping removes the rows")
        store.prepare([table])
        expect_rows(store, table, [b"a", b"b"], [None, None], "a new table has no rows")
        expect_merge(store, table, [[row(b"a", 1)]], "older rows can be written after a drop")

    def test_drop_again_does_nothing(self, store: OnlineStore, table: OnlineTable) -> None:
        """Dropping what is not there is no error."""
        store.drop([table])
        store.drop([table, table])
        store.drop([OnlineTable("suite", "never_prepared")])

    def test_prepare_and_drop_of_nothing_do_nothing(self, store: OnlineStore) -> None:
        """Empty lists are allowed."""
        store.prepare([])
        store.drop([])

    def test_many_tables_are_prepared_and_dropped_at_once(self, store: OnlineStore) -> None:
        """Twenty tables in one call."""
        project = f"suite_{uuid4().hex[:8]}"
        tables = [OnlineTable(project, f"view_{n}") for n in range(20)]
        store.prepare(tables)
        for table in tables:
            store.write(table, [row(b"k", value=table.view.encode())])
        found = store.read_many([(table, [b"k"]) for table in tables])
        values = [rows[0] and rows[0][3] for rows in found]
        expect_equal(values, [table.view.encode() for table in tables], "each table has its row")
        store.drop(tables)
        found = store.read_many([(table, [b"k"]) for table in tables])
        expect_equal(found, [[None]] * 20, "all of them are dropped")

    def test_prepare_by_another_connection_is_seen(
        self, store: OnlineStore, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """A table that is dropped and prepared by another connection can be written at once."""
        store.write(table, [row(b"k")])
        other = open_store()
        other.drop([table])
        other.prepare([table])
        expect_rows(store, table, [b"k"], [None], "a drop by another connection is seen")
        expect_merge(store, table, [[row(b"k")]], "a table prepared by another is written")

    def test_written_rows_outlive_the_connection(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """`write` returns when the rows are durable."""
        first = open_store()
        first.write(table, [row(b"k")])
        first.close()
        expect_rows(open_store(), table, [b"k"], [row(b"k")], "rows outlive the connection")

    def test_closing_twice_is_allowed(self, open_store: Callable[[], OnlineStore]) -> None:
        """`close` can be called again, also on a store that was never used."""
        fresh = open_store()
        fresh.close()
        fresh.close()

    @pytest.mark.parametrize("hours", [0, 1, 47])
    def test_rows_within_their_time_to_live_are_never_dropped(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable], hours: int
    ) -> None:
        """A store that drops old rows may do so late, never early."""
        hour = 3_600_000_000
        table = new_table("expiring", ttl=48 * hour)
        kept = row(b"k", to_us(system_clock()) - hours * hour)
        expect_merge(store, table, [[kept]], f"a row of {hours} h is kept for 48 h")

    def test_rows_without_a_time_to_live_are_kept_for_ever(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """An event of 1960 is as good as any when there is no ttl."""
        expect_merge(store, table, [[row(b"k", -315_619_200_000_000)]], "old rows are kept")

    @needs("count")
    def test_count_is_the_number_of_keys(self, store: OnlineStore, table: OnlineTable) -> None:
        """The count follows writes and drops."""
        counts = [store.count(table)]
        store.write(table, [row(b"a"), row(b"b"), row(b"a", 2)])
        counts.append(store.count(table))
        store.write(table, [row(b"a", 3)])
        counts.append(store.count(table))
        store.drop([table])
        counts.append(store.count(table))
        expect_equal(counts, [0, 2, 2, 0], "the count is the number of keys")

    def test_count_is_right_or_not_known(self, store: OnlineStore, table: OnlineTable) -> None:
        """A store that cannot count cheaply says so with None."""
        store.write(table, [row(b"a"), row(b"b")])
        count = store.count(table)
        expect(count in (None, 2), "the count is right or None", count)
