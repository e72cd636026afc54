"""What goes wrong is told in one error, with the way out and without the password."""

import shutil
import socket
import traceback
from contextlib import contextmanager

import pytest
from redis_servers import redis_server, until

from provender.errors import ConfigError, StoreError
from provender.testing.servers import HOST, free_port

SECRET = "correct-horse"  # noqa: S105
ROWS = [(b"k", 1, 1, b"v")]


@contextmanager
def failure(*parts):
    """Expect a StoreError that says these things, and shows no password to anybody."""
    with pytest.raises(StoreError) as caught:
        yield
    shown = str(caught.value)
    (problem,) = caught.value.problems
    assert problem.fix
    for part in parts:
        assert part in shown
    everything = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in everything


@pytest.fixture
def locked(tmp_path):
    with redis_server(tmp_path, password=SECRET) as server:
        yield server


def test_a_server_that_cannot_be_reached(open_store, table):
    port = free_port()
    store = open_store(url=f"redis://user:{SECRET}@{HOST}:{port}/3", retries=1)
    for work in (
        lambda: store.read(table, [b"k"]),
        lambda: store.read_many([(table, [b"k"])]),
        lambda: store.read(table, [b"k"] * 2_000),
        lambda: store.write(table, ROWS),
        lambda: store.prepare([table]),
        lambda: store.drop([table]),
        lambda: store.count(table),
    ):
        with failure("cannot be reached", f"{HOST}:{port}, database 3", "start it"):
            work()


def test_a_server_that_does_not_answer(open_store, table):
    with socket.create_server((HOST, 0)) as silent:
        url = f"redis://{HOST}:{silent.getsockname()[1]}"
        store = open_store(url=url, retries=0, timeout_seconds=0.1)
        with failure("does not answer in time", "timeout_seconds"):
            store.read(table, [b"k"])


@pytest.mark.parametrize("password", [None, f"not-{SECRET}"], ids=["none", "wrong"])
def test_a_wrong_password(open_store, table, locked, password):
    store = open_store(host=HOST, port=locked.port, password=password, retries=0)
    with failure("does not accept the username and the password", "online_store.password"):
        store.read(table, [b"k"])


def test_the_right_password_in_the_settings_or_in_the_url(open_store, table, locked):
    open_store(host=HOST, port=locked.port, password=SECRET).write(table, ROWS)
    store = open_store(url=f"redis://:{SECRET}@{HOST}:{locked.port}")
    assert store.read(table, [b"k"]) == ROWS
    apart = open_store(url=f"redis://{HOST}:{locked.port}", password=SECRET, username="default")
    assert apart.read(table, [b"k"]) == ROWS


def test_a_server_that_repeats_the_password(open_store, table, tmp_path):
    unknown = ["--rename-command", "HELLO", "", "--rename-command", "AUTH", ""]
    with redis_server(tmp_path, *unknown) as server:
        store = open_store(host=HOST, port=server.port, password=SECRET, retries=0)
        with pytest.raises(StoreError) as caught:
            store.read(table, [b"k"])
        assert "with args beginning with" in str(caught.value)
        assert "***" in str(caught.value)
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_settings_do_not_show_the_password():
    from provender_redis.config import RedisConfig

    config = RedisConfig(password=SECRET, sentinel_password=SECRET)
    url = RedisConfig(url=f"redis://:{SECRET}@localhost")
    assert SECRET not in f"{config!r} {config} {url!r} {url.model_dump()} {url.model_dump_json()}"


def test_a_url_that_is_none(open_store):
    with pytest.raises(ConfigError, match=r"online_store\.url is not a Redis address") as caught:
        open_store(url=f"redis://:{SECRET}@{HOST}:notaport")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://localhost"},
        {"url": "redis://localhost", "port": 1},
        {"url": "redis://localhost", "sentinels": ["h:1"]},
        {"sentinels": ["no port"]},
        {"port": 70_000},
        {"db": -1},
        {"key_prefix": "a*"},
        {"timeout_seconds": 0},
        {"retries": -1},
        {"expiry_grace_seconds": -1},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings):
    from pydantic import ValidationError

    from provender_redis.config import RedisConfig

    with pytest.raises(ValidationError):
        RedisConfig(**settings)


def test_a_full_memory(open_store, table, tmp_path):
    with redis_server(tmp_path, "--maxmemory", "4mb") as server:
        store = open_store(url=server.url)
        store.prepare([table])
        store.write(table, ROWS)
        with failure("memory of the Redis server is full", "maxmemory"):
            for n in range(100):
                store.write(table, [(b"%d" % n, 1, 1, bytes(200_000))])
        assert store.read(table, [b"k"]) == ROWS
        store.drop([table])
        store.write(table, ROWS)


def test_a_replica_takes_no_writes(open_store, table, tmp_path):
    with redis_server(tmp_path, "--replicaof", HOST, str(free_port())) as server:
        store = open_store(url=server.url)
        assert store.read(table, [b"k"]) == [None]
        with failure("replica", "name the primary"):
            store.write(table, ROWS)
        with failure("replica"):
            store.prepare([table])


def test_a_primary_without_its_replicas(open_store, table, tmp_path):
    with redis_server(tmp_path, "--min-replicas-to-write", "1") as server:
        store = open_store(url=server.url)
        with failure("too few replicas"):
            store.write(table, ROWS)


def test_a_disk_that_fails(open_store, table, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    with redis_server(data, "--save", "3600 1") as server, server.client() as client:
        shutil.rmtree(data)
        client.bgsave()
        saving = lambda: client.info("persistence")["rdb_bgsave_in_progress"]  # noqa: E731
        until(lambda: not saving(), "the end of saving")
        assert client.info("persistence")["rdb_last_bgsave_status"] == "err"
        with failure("cannot save its data", "its disk"):
            open_store(url=server.url).write(table, ROWS)
        client.config_set("save", "")  # it would not end otherwise


@pytest.mark.parametrize("slots", [False, True], ids=["down", "up"])
def test_a_cluster_is_refused(open_store, table, tmp_path, slots):
    options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    with redis_server(tmp_path, *options) as server, server.client() as client:
        if slots:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            state = lambda: client.execute_command("CLUSTER", "INFO")  # noqa: E731
            until(lambda: b"cluster_state:ok" in state(), "the cluster")
        store = open_store(url=server.url)
        with failure("part of a cluster", "without cluster mode"):
            store.write(table, [(b"%d" % n, 1, 1, b"v") for n in range(9)])
        with failure("part of a cluster"):
            store.read(table, [b"%d" % n for n in range(9)])


def test_a_user_without_permissions(open_store, table, tmp_path):
    with redis_server(tmp_path) as server, server.client() as client:
        client.acl_setuser(
            "reader", enabled=True, passwords=[f"+{SECRET}"], keys=["*"], categories=["+@read"]
        )
        store = open_store(host=HOST, port=server.port, username="reader", password=SECRET)
        assert store.read(table, [b"k"]) == [None]
        with failure("lacks a permission", "+@write"):
            store.write(table, ROWS)


def test_the_permissions_that_are_named_suffice(open_store, table, tmp_path):
    with redis_server(tmp_path) as server, server.client() as client:
        rights = ["+@read", "+@write", "+@scripting"]
        client.acl_setuser(
            "writer",
            enabled=True,
            passwords=[f"+{SECRET}"],
            keys=["provender/*"],
            categories=rights,
            commands=["+scan", "+info"],
        )
        store = open_store(host=HOST, port=server.port, username="writer", password=SECRET)
        store.prepare([table])
        store.write(table, ROWS)
        assert store.read(table, [b"k"]) == ROWS
        assert store.count(table) == 1
        store.drop([table])


class TestEviction:
    @pytest.fixture
    def evicting(self, tmp_path):
        options = ["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"]
        with redis_server(tmp_path, *options) as server:
            yield server

    def test_a_server_that_throws_rows_away_is_refused(self, open_store, table, evicting):
        with failure("evicts rows", "volatile-lru", "noeviction", "allow_eviction"):
            open_store(url=evicting.url).prepare([table])

    def test_it_may_be_used_on_purpose(self, open_store, table, evicting):
        store = open_store(url=evicting.url, allow_eviction=True)
        store.prepare([table])
        store.write(table, ROWS)
        assert store.read(table, [b"k"]) == ROWS

    def test_who_may_not_ask_is_not_refused(self, open_store, table, evicting):
        with evicting.client() as client:
            client.acl_setuser("default", enabled=True, nopass=True, commands=["-info"])
        open_store(url=evicting.url).prepare([table])
