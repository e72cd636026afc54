"""Which code an error is answered with."""

from __future__ import annotations

import pytest

from provender.errors import PushError, SourceError, StoreError
from provender.server.http.errors import status_of


@pytest.mark.parametrize(
    ("cause", "status"),
    [(SourceError("rows cannot be appended"), 422), (StoreError("the disk is full"), 503)],
)
def test_a_push_that_the_source_does_not_take_is_not_worth_another_try(cause, status):
    error = PushError("the push failed")
    error.__cause__ = cause
    assert status_of(error) == status
