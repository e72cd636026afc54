"""`measure`: how many rows of a view DynamoDB holds, how large and how old they are."""

from __future__ import annotations

from dataclasses import replace

from provender.plugin import NO_ROWS, OnlineTable, TableFigures
from provender_aws.dynamodb_items import EVENT, KEY, Places, row_of, size
from provender_aws.dynamodb_requests import Requests
from provender_aws.dynamodb_tables import Tables
from provender_aws.errors import code

_SAMPLED = 1_000
"""The most items that are read, in at most four pages of 1 MB: some 75 read units when items have
300 bytes, and never more than 1,024."""


def measure(
    requests: Requests,
    tables: Tables,
    places: Places,
    table: OnlineTable,
    expired_before: int | None,
) -> TableFigures:
    """Return the figures of a view: exact for a table of up to 1,000 items, otherwise estimates.

    The table is never read whole to count: a Scan pays for every item that it reads. The first
    items, which the hashes of their keys have put in no order, are a sample. Of a larger table the
    number of items and their size come from DescribeTable, which DynamoDB updates about every six
    hours; in a table that views share they are divided as the sample is. Sizes of single items
    are those that DynamoDB counts at most, so that ``bytes`` is always an estimate.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html

    Args:
        requests: What is asked of DynamoDB.
        tables: The tables.
        places: Where rows are.
        table: The view.
        expired_before: A row has expired when its event is before this instant, in µs.
    """
    name, begin = places.table(table), places.begins(table)
    try:
        items, looked, whole = requests.sample(name, begin, _SAMPLED)
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise
        return NO_ROWS
    events = [int(one[EVENT]["N"]) for one in items]
    taken = sum(size(key := bytes(one[KEY]["B"]), row_of(key, one)) for one in items)
    if whole:
        found = TableFigures.of_rows(events, expired_before, taken)
        return replace(found, estimated=frozenset({"bytes"} if items else ()))
    count, count_bytes = tables.size(name)
    if places.shared is not None:
        rows = round(max(count, looked) * len(items) / max(1, looked))
        return TableFigures.of_rows(events, expired_before, taken, rows)
    found = TableFigures.of_rows(events, expired_before, taken, count)
    return replace(found, bytes=count_bytes) if count >= looked else found
