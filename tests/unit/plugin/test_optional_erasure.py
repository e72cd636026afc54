"""A store that was built before `delete`, `keys` and `sweep` loads, and says what it cannot do."""

from __future__ import annotations

import asyncio

import pytest

from provender.errors import StoreError
from provender.plugin import OnlineStore, OnlineTable
from provender.wire.answers import Failure, ProblemAnswer
from provender.wire.stores import read_messages, write_message

TABLE = OnlineTable("shop", "orders")


class Older(OnlineStore):
    def prepare(self, tables): ...

    def drop(self, tables): ...

    def write(self, table, rows): ...

    def read(self, table, keys):
        return [None] * len(keys)


class Listed(Older):
    def keys(self, table):
        yield [b"a"]
        yield [b"b", b"c"]
        raise StoreError("the connection is lost")


async def gathered(store):
    portions = store.keys_async(TABLE)
    found = []
    try:
        while True:
            found.append(await anext(portions))
    except StopAsyncIteration:
        return found
    except StoreError as error:
        return [*found, str(error)]


def test_a_store_that_cannot_delete_says_so_and_names_ways_out():
    with pytest.raises(StoreError, match="cannot delete rows by their keys") as caught:
        Older().delete(TABLE, [b"a"])
    (problem,) = caught.value.problems
    assert problem.got.endswith("test_optional_erasure.Older")
    assert problem.fix == (
        "install a version of its provider that can, or remove the feature view and apply it again"
    )
    with pytest.raises(StoreError, match="cannot delete"):
        asyncio.run(Older().delete_async(TABLE, [b"a"]))


def test_a_store_that_cannot_list_its_keys_says_so():
    with pytest.raises(StoreError, match="cannot list the keys of its rows") as caught:
        Older().keys(TABLE)
    assert "the source of the view" in caught.value.problems[0].fix
    assert asyncio.run(gathered(Older()))[0].startswith("this online store cannot list")


def test_a_store_that_cannot_sweep_says_so():
    with pytest.raises(StoreError, match="cannot remove rows past their time to live") as caught:
        Older().sweep(TABLE, 1, 1)
    assert "leave them: they are not served" in caught.value.problems[0].fix
    with pytest.raises(StoreError, match="cannot remove rows"):
        asyncio.run(Older().sweep_async(TABLE, 1, 1))


def test_portions_are_awaited_one_by_one_until_one_fails():
    assert asyncio.run(gathered(Listed())) == [[b"a"], [b"b", b"c"], "the connection is lost"]


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_messages_of_a_stream_come_whole_whatever_the_pieces(size):
    failure = Failure("StoreError", 503, "lost", [ProblemAnswer("lost")])
    messages = [[], [b"", b"\x00", b"k" * 300], failure, None]
    body = b"".join(map(write_message, messages))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert list(read_messages(pieces)) == messages
    assert list(read_messages(pieces[:-1])) == messages[: 0 if size == 1_000 else -1]
