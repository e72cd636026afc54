"""Rows expire when nobody would be served them any more, and never earlier."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis_servers import redis_server

from provender.clock import system_clock, to_us
from provender.plugin import PluginContext
from provender_redis.config import RedisConfig
from provender_redis.store import redis_store

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
DAY_MS, HOUR_MS = DAY // 1000, HOUR // 1000
SLACK_MS = 60_000  # the test's own time


def now():
    return to_us(system_clock())


@pytest.fixture
def left(client, key_of):
    """How many ms the only row of a table has left; -1: it lives for ever."""

    def look(table):
        (key,) = key_of(table)
        return client.pttl(key)

    return look


def about(ms):
    return pytest.approx(ms - SLACK_MS / 2, abs=SLACK_MS / 2 + 1)


def test_a_row_lives_for_its_ttl_and_a_day_longer(store, table, left):
    week = replace(table, ttl=7 * DAY)
    store.prepare([week])
    store.write(week, [(b"k", now() - 2 * DAY, 0, b"v")])
    assert left(week) == about((7 - 2 + 1) * DAY_MS)


def test_the_grace_is_a_setting(open_store, table, left):
    store = open_store(expiry_grace_seconds=3600)
    hour = replace(table, ttl=HOUR)
    store.write(hour, [(b"k", now(), 0, b"v")])
    assert left(hour) == about(2 * HOUR_MS)


@pytest.mark.parametrize(
    ("ttl", "grace"), [(None, 86_400), (HOUR, None)], ids=["no ttl", "no expiry"]
)
def test_a_row_may_live_for_ever(open_store, table, left, ttl, grace):
    store = open_store(expiry_grace_seconds=grace)
    endless = replace(table, ttl=ttl)
    store.write(endless, [(b"k", -DAY, 0, b"v")])
    assert left(endless) == -1


def test_a_row_whose_time_is_over_is_gone_and_takes_the_older_one_with_it(open_store, table):
    store = open_store(expiry_grace_seconds=0)
    store.write(table, [(b"k", 1, 0, b"older, written when there was no ttl")])
    hour = replace(table, ttl=HOUR)
    store.write(hour, [(b"k", now() - 2 * HOUR, 0, b"too old")])
    deadline = time.monotonic() + 60
    while (found := store.read(hour, [b"k"])) != [None]:
        assert found[0][3] == b"too old"
        assert time.monotonic() < deadline, "the row was not gone in time"


def test_a_newer_row_lives_longer_and_an_older_one_changes_nothing(store, table, left):
    day = replace(table, ttl=DAY)
    store.write(day, [(b"k", now() - 20 * HOUR, 0, b"first")])
    assert left(day) == about(28 * HOUR_MS)
    store.write(day, [(b"k", now(), 0, b"second")])
    assert left(day) == about(48 * HOUR_MS)
    store.write(day, [(b"k", now() - 20 * HOUR, 0, b"first")])
    assert left(day) == about(48 * HOUR_MS)


def test_age_is_told_by_the_clock_of_the_readers(redis_url, tmp_path, table, left):
    past = datetime(2020, 1, 1, tzinfo=UTC)
    context = PluginContext("suite", tmp_path, clock=lambda: past)
    store = redis_store(RedisConfig(url=redis_url), context)
    hour = replace(table, ttl=HOUR)
    kept = (b"k", to_us(past - timedelta(minutes=59)), 0, b"v")
    store.write(hour, [kept])
    assert store.read(hour, [b"k"]) == [kept]
    assert left(hour) == about(DAY_MS + 60_000)
    store.close()


def test_a_ttl_that_grows_lets_the_rows_live_longer(store, table, left):
    hour, week = replace(table, ttl=HOUR), replace(table, ttl=7 * DAY)
    store.prepare([hour])
    store.write(hour, [(b"k", now(), 0, b"v")])
    store.prepare([week])
    assert left(week) == about(8 * DAY_MS)
    store.prepare([week])
    assert left(week) == about(8 * DAY_MS), "preparing again changes nothing"


def test_a_ttl_that_is_taken_away_lets_the_rows_live_for_ever(store, table, left):
    hour = replace(table, ttl=HOUR)
    store.prepare([hour])
    store.write(hour, [(b"k", now(), 0, b"v")])
    store.prepare([table])
    assert left(table) == -1


def test_a_ttl_that_shrinks_takes_no_row_early(store, table, left):
    week, hour = replace(table, ttl=7 * DAY), replace(table, ttl=HOUR)
    store.prepare([week])
    store.write(week, [(b"k", now(), 0, b"v")])
    store.prepare([hour])
    assert left(hour) == about(8 * DAY_MS)


def test_every_one_of_many_rows_lives_longer(store, client, table, key_of):
    hour, week = replace(table, ttl=HOUR), replace(table, ttl=7 * DAY)
    store.prepare([hour])
    store.write(hour, [(b"%d" % n, now(), 0, b"v") for n in range(3_000)])
    other = replace(hour, view="other")
    store.prepare([other])
    store.write(other, [(b"k", now(), 0, b"v")])
    store.prepare([week, other])
    lives = {key: client.pttl(key) for key in key_of(table)}
    (apart,) = [left for key, left in lives.items() if b"/other/" in key]
    assert len(lives) == 3_001
    assert apart == about(25 * HOUR_MS)
    assert sorted(lives.values())[1] > 7 * DAY_MS


def test_a_prolonging_that_was_stopped_is_done_again(open_store, tmp_path, table):
    with redis_server(tmp_path) as server, server.client() as client:
        store = open_store(url=server.url, retries=0)
        hour, week = replace(table, ttl=HOUR), replace(table, ttl=7 * DAY)
        store.prepare([hour])
        store.write(hour, [(b"k", now(), 0, b"v")])
        client.acl_setuser("default", enabled=True, nopass=True, commands=["-hset"])
        with pytest.raises(Exception, match="lacks a permission"):
            store.prepare([week])
        client.acl_setuser("default", enabled=True, nopass=True, commands=["+hset"])
        store.prepare([week])
        (key,) = [key for key in client.scan_iter() if b"/view/" in key]
        assert client.pttl(key) >= 8 * DAY_MS - SLACK_MS
