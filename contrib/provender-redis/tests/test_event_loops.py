"""Reads and writes that an event loop awaits, by redis-py's asynchronous client."""

import asyncio
import os
import signal

import pytest
from redis_servers import redis_server, sentinel_of

from provender.errors import StoreError
from provender.plugin import OnlineTable
from provender.testing.servers import HOST, free_port

ROWS = [(b"k", 1, 1, b"v")]


def run(work):
    async def in_time():
        async with asyncio.timeout(60):
            return await work

    return asyncio.run(in_time())


async def works(store, table):
    await store.write_async(table, ROWS)
    await store.write_async(table, [(b"k", 0, 9, b"older")])
    assert await store.read_async(table, [b"k", b"no"]) == [*ROWS, None]


@pytest.fixture
def calls(client):
    """Run something; return how often each command was called."""

    def counted(work):
        client.config_resetstat()
        run(work)
        stats = client.info("commandstats")
        return {name.removeprefix("cmdstat_"): item["calls"] for name, item in stats.items()}

    return counted


def test_ways_to_a_server(open_store, server, tmp_path, table):
    with sentinel_of(server, tmp_path, "features") as address:
        nowhere = f"{HOST}:{free_port()}"
        found = {"sentinels": [nowhere, address], "sentinel_service": "features", "retries": 0}
        run(works(open_store(**found), table))
        other = open_store(**found | {"sentinel_service": "other"})
        with pytest.raises(StoreError, match="no sentinel knows the primary"):
            run(other.read_async(table, [b"k"]))
    right, wrong = "secret", "not it"
    with redis_server(tmp_path, password=right) as secured:
        run(works(open_store(host=HOST, port=secured.port, password=right), table))
        wrong = open_store(host=HOST, port=secured.port, password=wrong)
        with pytest.raises(StoreError, match="does not accept the username") as told:
            run(wrong.write_async(table, ROWS))
        assert "not it" not in str(told.value)


def test_a_server_that_is_not_there_is_told(open_store, table):
    store = open_store(host=HOST, port=free_port(), retries=0)
    with pytest.raises(StoreError, match="cannot be reached"):
        run(store.read_async(table, [b"k"]))
    with pytest.raises(StoreError, match="cannot be reached"):
        run(store.write_async(table, ROWS))


def test_commands_are_those_of_the_plain_twins(store, table, calls):
    rows = [(b"key-%d" % n, n, 0, b"value-%d" % n) for n in range(1_100)]
    assert calls(store.write_async(table, rows))["evalsha"] == 3
    asked = [(table, [row[0] for row in rows]), (OnlineTable(table.project, "other"), [b"a"])]
    found = calls(store.read_many_async(asked))
    assert found["mget"] == 2
    assert run(store.read_many_async(asked)) == store.read_many(asked) == [rows, [None]]
    nothing = calls(store.write_async(table, []))
    assert "evalsha" not in nothing


def test_a_server_that_forgot_the_script_is_told_it_again(store, table, client):
    client.script_flush()
    run(works(store, table))


def test_the_loop_goes_on_while_the_server_is_silent_and_a_cancelled_read_harms_nobody(
    store, table, client
):
    """The server is stopped, and goes on only when another task tells it to."""
    process = client.info("server")["process_id"]
    rows = [(b"%d" % n, n, 0, b"%d" % n) for n in range(40)]
    store.write(table, rows)

    async def work():
        await store.read_async(table, [b"1"])
        os.kill(process, signal.SIGSTOP)
        try:
            reads = [asyncio.create_task(store.read_async(table, [row[0]])) for row in rows]
            for _ in range(20):
                await asyncio.sleep(0)
            for read in reads[::2]:
                read.cancel()
            assert not any(read.done() for read in reads[1::2])
        finally:
            os.kill(process, signal.SIGCONT)
        ended = await asyncio.gather(*reads, return_exceptions=True)
        assert ended[1::2] == [[row] for row in rows[1::2]]
        assert {type(end) for end in ended[::2]} == {asyncio.CancelledError}
        return await asyncio.gather(*(store.read_async(table, [row[0]]) for row in rows))

    assert run(work()) == [[row] for row in rows]


def test_a_connection_that_was_cut_is_made_anew(store, client, table):
    async def work():
        await works(store, table)
        client.client_kill_filter(_type="normal", skipme=True)
        await works(store, table)

    run(work())


def test_thousands_of_tasks_share_few_connections_that_are_closed_in_the_end(store, client, table):
    async def work():
        await store.write_async(table, ROWS)
        found = await asyncio.gather(*(store.read_async(table, [b"k"]) for _ in range(2_000)))
        assert found == [ROWS] * 2_000
        return client.info("clients")["connected_clients"]

    assert run(work()) <= 64 + 5
    assert client.info("clients")["connected_clients"] <= 5
