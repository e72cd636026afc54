"""What a store may be able to do beyond the contract, by the names that `StoreType` claims.

What a store claims the conformance suites test; what it does not claim they skip by that name.
"""

from __future__ import annotations

from collections.abc import Mapping

from provender.plugin.contract.info import Role

CAPABILITIES: Mapping[Role, Mapping[str, str]] = {
    "offline": {
        "parquet_spine": "entity rows may be a Parquet file",
        "sql_spine": "entity rows may be a query",
        "sql": "the query of a join can be shown as text",
        "negative_zero": "-0.0 comes back as -0.0, not as 0.0",
        "nested": "features may be lists of lists, maps and structs",
        "zero_in_text": "a text may contain the character U+0000",
    },
    "online": {
        "multi_process": "several processes may use the store at the same time",
        "large_values": "a value may have several megabytes",
        "count": "the number of rows is known at once",
        "delete": "rows can be deleted by their keys",
        "keys": "the keys of a table can be listed",
        "swap": "a row can be replaced if it is still as it was read",
        "figures": "the rows, bytes and events of a table are known or estimated",
        "sweep": "rows past their time to live can be removed",
        "expiry": "the store removes rows past their time to live by itself",
    },
    "registry": {
        "multi_process": "several processes may use the registry at the same time",
    },
    "engine": {
        "workers": "tasks run in other processes, each of which may die",
        "progress": "rows are reported while a task is running",
    },
}
"""Every capability by the role of the store: its name, and what a store that claims it can do."""
