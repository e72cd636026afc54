"""How often the server is asked."""

import pytest
from redis.connection import AbstractConnection

from provender.plugin import OnlineTable


@pytest.fixture
def trips(monkeypatch, client):
    """Run something; return how often something was sent, and the calls of each command."""
    sent = []
    send = AbstractConnection.send_packed_command

    def counted(self, *args, **kwargs):
        sent.append(1)
        return send(self, *args, **kwargs)

    def run(work):
        client.config_resetstat()
        with monkeypatch.context() as patch:
            patch.setattr(AbstractConnection, "send_packed_command", counted)
            sent.clear()
            work()
        stats = client.info("commandstats")
        calls = {name.removeprefix("cmdstat_"): item["calls"] for name, item in stats.items()}
        return len(sent), calls

    return run


@pytest.fixture
def connected(store, table):
    """A store that has its connection and its scripts."""
    store.write(table, [(b"first", 1, 1, b"")])
    return store


def rows(count):
    return [(b"key-%d" % n, n, 0, b"value-%d" % n) for n in range(count)]


@pytest.mark.parametrize(("count", "scripts"), [(1, 1), (500, 1), (501, 2), (10_000, 20)])
def test_a_batch_is_written_in_one_trip(connected, table, trips, count, scripts):
    sent, calls = trips(lambda: connected.write(table, rows(count)))
    assert (sent, calls["evalsha"]) == (1, scripts)
    assert connected.read(table, [b"key-%d" % n for n in range(count)]) == rows(count)


def test_large_rows_are_spread_over_more_scripts(connected, table, trips):
    large = [(b"%d" % n, 1, 1, bytes(400_000)) for n in range(9)]
    sent, calls = trips(lambda: connected.write(table, large))
    assert (sent, calls["evalsha"]) == (1, 3)


@pytest.mark.parametrize(("count", "commands"), [(1, 1), (1_000, 1), (1_001, 2), (10_000, 10)])
def test_keys_are_read_in_one_trip(connected, table, trips, count, commands):
    keys = [b"key-%d" % n for n in range(count)]
    sent, calls = trips(lambda: connected.read(table, keys))
    assert (sent, calls["mget"]) == (1, commands)


def test_several_tables_are_read_in_one_trip(connected, table, trips):
    tables = [OnlineTable(table.project, f"view_{n}") for n in range(8)]
    for other in tables:
        connected.write(other, rows(10))
    asked = [(other, [b"key-3", b"no", b"key-3"]) for other in tables]
    sent, calls = trips(lambda: connected.read_many(asked))
    assert (sent, calls["mget"]) == (1, 1)


def test_nothing_is_asked_for_nothing(connected, table, trips):
    def work():
        connected.write(table, [])
        connected.read(table, [])
        connected.read_many([])
        connected.prepare([])
        connected.drop([])

    assert trips(work)[0] == 0


def test_a_server_that_forgot_the_script_is_told_it_again(connected, table, trips, client):
    client.script_flush()
    sent, calls = trips(lambda: connected.write(table, rows(3)))
    assert (sent, calls["evalsha"]) == (3, 2)
    assert connected.read(table, [b"key-2"]) == [(b"key-2", 2, 0, b"value-2")]
