"""Rules of the offline suite: hostile names, faults, and what is left behind."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest

from provender.errors import ProvenderError, SourceError
from provender.plugin import Column, ParquetSpine, SourceRead, SqlSpine, TableSpine, Window
from provender.testing.oracle.difference import explain_unordered
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.capabilities import needs
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.testing.suites.offline.tables import (
    case_of,
    column,
    instants,
    rows_table,
    spine_of,
    view_of,
)
from provender.testing.suites.store_suite import expect, expect_equal, expect_no
from provender.types import Int64, String, from_arrow

_NAMES = [
    "select",
    "order by",
    "group",
    'double"quote',
    "single'quote",
    "back`tick",
    "semicolon; DROP TABLE spine; --",
    "/* comment */",
    "back\\slash",
    "100%",
    "{braces}",
    "[brackets]",
    "$1",
    ":name",
    "?",
    "größe",
    "日本",
    "🦉",
    "dots.and.more",
    "Upper And lower",
    " blanks ",
    "1digit",
    "-",
    "a" * 63,
    "spine",
    "rows",
    "view_0",
    "__row",
    "__key_0",
    "__event",
    "__feature_0",
    "event_timestamp",
    "row_number",
]


class OfflineNameRules(OfflineSuiteBase):
    """Names are data: whatever they contain, they mean nothing to the store."""

    @pytest.mark.parametrize("name", _NAMES)
    def test_spine_may_have_columns_of_any_name(self, harness: OfflineHarness, name: str) -> None:
        """As join key, as instant and as a column beside them."""
        rows = rows_table((1, 7, -1, 0))
        spine = spine_of((1, 0), (2, 0))
        other = spine.append_column(name, column(["x", None], String))
        JoinCase(other, (view_of(rows),)).check(harness, f"a column may be named {name!r}")
        view = ViewRows("view", rows, {name: "id"}, {"value": "value"})
        key = spine.rename_columns([name, "q"])
        JoinCase(key, (view,)).check(harness, f"a join key may be named {name!r}")
        instant = spine.rename_columns(["id", name])
        problem = JoinCase(instant, (view_of(rows),), timestamp=name)
        problem.check(harness, f"the instant may be named {name!r}")

    @pytest.mark.parametrize("name", _NAMES)
    def test_source_may_have_columns_of_any_name(self, harness: OfflineHarness, name: str) -> None:
        """As feature, as key and as timestamp."""
        rows = rows_table((1, 7, -1, 0), (1, 8, 1, 0))
        spine = spine_of((1, 0), (2, 0))
        for place, label in enumerate(["id", "value", "event", "created"]):
            names = list(rows.column_names)
            names[place] = name
            table = rows.rename_columns(names)
            view = ViewRows(
                "view", table, {"id": names[0]}, {"out": names[1]}, names[2], names[3], ttl=5
            )
            JoinCase(spine, (view,)).check(harness, f"the {label} may be named {name!r}")

    @pytest.mark.parametrize("name", _NAMES)
    def test_output_may_have_any_name(self, harness: OfflineHarness, name: str) -> None:
        """In the result of a join."""
        view = ViewRows("view", rows_table((1, 7, -1, 0)), {"id": "id"}, {name: "value"})
        problem = JoinCase(spine_of((1, 0), (2, 0)), (view,))
        problem.check(harness, f"an output may be named {name!r}")

    def test_columns_that_differ_only_in_case_are_not_mixed(self, harness: OfflineHarness) -> None:
        """They are kept apart, or refused by an error of Provender."""
        import pyarrow as pa

        spine = pa.table({"id": [1, 2], "ID": [2, 1], "q": instants([0, 0])})
        view = ViewRows(
            "view", rows_table((1, 7, -1, 0), (2, 8, -1, 0)), {"id": "id"}, {"value": "value"}
        )
        problem = JoinCase(spine, (view,))
        plan = problem.stored(harness)
        try:
            got = rows_of(harness.store.historical(plan, TableSpine(spine)))
        except ProvenderError:
            return
        wanted = [{"id": 1, "ID": 2, "value": 7}, {"id": 2, "ID": 1, "value": 8}]
        came = [{name: row.get(name) for name in ("id", "ID", "value")} for row in got]
        expect_no(explain_unordered(wanted, came), "id and ID are two columns")

    def test_outputs_that_differ_only_in_case_are_not_mixed(self, harness: OfflineHarness) -> None:
        """Features of a join, and those of `latest` and `rows`: kept apart, or refused."""
        rows = rows_table((1, 7, -1, 0), (2, 8, -1, 0))
        view = ViewRows("view", rows, {"id": "id"}, {"x": "value", "X": "id"})
        problem = JoinCase(spine_of((1, 0), (2, 0)), (view,))
        plan = problem.stored(harness)
        with suppress(ProvenderError):
            got = harness.store.historical(plan, TableSpine(problem.spine)).read_all()
            expect_no(problem.difference(plan, got), "outputs x and X are two columns")
        key, pair = Column("id", "id", Int64), (("value", "x"), ("id", "X"))
        features = tuple(Column(column, name, Int64) for column, name in pair)
        read = SourceRead(plan.joins[0].read.source, (key,), features, "event", "created")
        for reader in (harness.store.latest, harness.store.rows):
            with suppress(ProvenderError):
                found = reader(read, Window()).read_all().sort_by("id")
                came = [found.column(place).to_pylist() for place in (3, 4)]
                expect_equal(came, [[7, 8], [1, 2]], "features x and X are two columns")

    def test_source_columns_that_differ_only_in_case_are_not_mixed(
        self, harness: OfflineHarness
    ) -> None:
        """They are kept apart, or refused by an error of Provender, where such a table can be."""
        rows = rows_table((1, 7, -1, 0), (2, 8, -1, 0))
        both = rows.append_column("VALUE", column([70, 80], Int64))
        view = ViewRows("view", both, {"id": "id"}, {"small": "value", "large": "VALUE"})
        problem = JoinCase(spine_of((1, 0), (2, 0)), (view,))
        try:
            plan = problem.stored(harness)
        except Exception:  # noqa: BLE001 - the warehouse has no such table, whatever it raises
            return
        with suppress(ProvenderError):
            got = harness.store.historical(plan, TableSpine(problem.spine)).read_all()
            expect_no(problem.difference(plan, got), "value and VALUE are two columns")


class OfflineSpineRules(OfflineSuiteBase):
    """Entity rows in other forms than a table, and schemas."""

    def test_schema_of_a_source_has_its_columns_and_types(self, harness: OfflineHarness) -> None:
        """In their order."""
        table = rows_table((1, "x", 0, 0), value=String)
        schema = harness.store.schema(view_of(table).source(harness))
        got = [(field.name, from_arrow(field.type)) for field in schema]
        wanted = [(field.name, from_arrow(field.type)) for field in table.schema]
        expect_equal(got, wanted, "the schema of a source has its columns and types")

    def test_schema_of_a_table_spine_is_the_table_s(self, harness: OfflineHarness) -> None:
        """Nothing is converted."""
        spine = spine_of((1, 0))
        got = harness.store.spine_schema(TableSpine(spine))
        expect(got.equals(spine.schema), "the schema of a table is its own", got)

    @needs("parquet_spine")
    def test_spine_in_a_parquet_file(self, harness: OfflineHarness) -> None:
        """The order of the file is the order of the result."""
        problem = case_of([(3, 0), (1, 0), (1, 5), (None, 0)], [(1, 7, -1, 0), (3, 9, 0, 0)])
        spine = ParquetSpine(harness.spine_path(problem.spine))
        names = harness.store.spine_schema(spine).names
        expect_equal(names, ["id", "q"], "the schema of the file is known")
        problem.check(harness, "entity rows may be a Parquet file", spine)

    @needs("sql_spine")
    def test_spine_as_a_query(self, harness: OfflineHarness) -> None:
        """Its rows are those of the result."""
        problem = case_of([(3, 0), (1, 0), (1, 5), (None, 0)], [(1, 7, -1, 0), (3, 9, 0, 0)])
        spine = SqlSpine(harness.spine_query(problem.spine))
        names = harness.store.spine_schema(spine).names
        expect_equal(names, ["id", "q"], "the schema of the query is known")
        plan = problem.stored(harness)
        got = rows_of(harness.store.historical(plan, spine))
        wanted = rows_of(harness.store.historical(plan, TableSpine(problem.spine)))
        expect_no(explain_unordered(wanted, got), "entity rows may be a query")


class OfflineCleanupRules(OfflineSuiteBase):
    """Nothing temporary outlives a request, whatever becomes of it."""

    def test_nothing_is_left_after_success(self, harness: OfflineHarness) -> None:
        """After a join and after reading."""
        view = view_of(rows_table((1, 7, -1, 0)))
        JoinCase(spine_of((1, 0)), (view,)).check(harness, "a join")
        rows_of(harness.store.latest(view.read(view.source(harness)), Window()))
        expect_equal(harness.leftovers(), [], "nothing is left after success")

    @pytest.mark.parametrize("fault", ["no such column", "another type"])
    def test_nothing_is_left_after_a_failure(self, harness: OfflineHarness, fault: str) -> None:
        """The source has not what the plan says: a SourceError that names the column."""
        missing = fault == "no such column"
        table = rows_table((1, "x", -1, 0), value=String)
        view = view_of(table)
        source = view.source(harness)
        wrong = ViewRows(
            "view",
            table.rename_columns(["id", "valeu" if missing else "value", "event", "created"]),
            {"id": "id"},
            {"out": "valeu" if missing else "value"},
            types={"value": Int64},
        )
        plan = JoinCase(spine_of((1, 0)), (wrong,)).plan({"view": source})
        store, read, spine = harness.store, wrong.read(source), TableSpine(spine_of((1, 0)))
        column_named = "valeu" if missing else "value"
        with pytest.raises(SourceError, match=column_named):
            rows_of(store.historical(plan, spine))
        with pytest.raises(SourceError, match=column_named):
            rows_of(store.latest(read, Window()))
        with pytest.raises(SourceError, match=column_named):
            rows_of(store.rows(read, Window()))
        expect_equal(harness.leftovers(), [], "nothing is left after a failure")

    @pytest.mark.parametrize("read", [0, 1])
    def test_nothing_is_left_after_an_abandoned_request(
        self, harness: OfflineHarness, read: int
    ) -> None:
        """The reader is dropped before it is read, or after one batch."""
        spine = spine_of(*[(n % 5, 0) for n in range(self.large)])
        plan = JoinCase(spine, (view_of(rows_table((1, 7, -1, 0))),)).stored(harness)
        reader = harness.store.historical(plan, TableSpine(spine))
        for _ in range(read):
            reader.read_next_batch()
        del reader
        gc.collect()
        expect_equal(harness.leftovers(), [], "nothing is left after an abandoned request")

    def test_closing_twice_is_allowed(self, harness: OfflineHarness) -> None:
        """Used or not."""
        JoinCase(spine_of((1, 0)), (view_of(rows_table()),)).check(harness, "a join")
        harness.store.close()
        harness.store.close()
        expect_equal(harness.leftovers(), [], "nothing is left after closing")
