"""The circuit breaker: opens after failures in a row, lets one request try, closes again."""

from __future__ import annotations

import pytest

from provender.server.http.errors import Unavailable
from provender.server.runtime.circuit_breaker import Breaker


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def breaker(seconds):
    return Breaker("online store", failures=2, pause=5.0, clock=seconds)


def refused(breaker):
    try:
        breaker.check()
    except Unavailable as error:
        return error.headers["retry-after"]
    return None


def test_failures_in_a_row_open_it(breaker):
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.is_closed
    assert refused(breaker) is None
    breaker.failed()
    assert not breaker.is_closed
    assert refused(breaker) == "5"


def test_after_the_pause_one_request_tries(breaker, seconds):
    breaker.failed()
    breaker.failed()
    seconds.now = 5.0
    assert refused(breaker) is None
    assert refused(breaker) == "5"
    breaker.failed()
    seconds.now = 9.5
    assert refused(breaker) == "1"
    seconds.now = 10.0
    assert refused(breaker) is None
    breaker.succeeded()
    assert breaker.is_closed
    assert refused(breaker) is None


def test_a_try_that_tells_nothing_is_followed_by_another(breaker, seconds):
    breaker.failed()
    breaker.failed()
    seconds.now = 5.0
    assert refused(breaker) is None  # and it neither succeeds nor fails
    seconds.now = 10.0
    assert refused(breaker) is None
