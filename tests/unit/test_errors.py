"""What errors show."""

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import ProvenderError, RequestError, value_text
from provender.types import Int64


def test_the_middle_of_a_very_long_value_is_left_out():
    error = RequestError("a key is too long", got=repr(b"k" * 10_000_000))
    assert len(str(error)) < 2_000
    assert "kkk … (9,998,203 characters) … kkk" in str(error)
    assert RequestError("x", got="v" * 2_000).problems[0].got == "v" * 2_000


def test_a_value_is_shown_short():
    assert value_text("v" * 100) == repr("v" * 100)
    assert value_text("v" * 10_000, 40) == f"'{'v' * 29} … (9,962 characters) … {'v' * 9}'"


def test_no_error_shows_a_long_value_whole(repository, instants):
    repository.rows("s.parquet", {"id": [1], "ts": instants(1), "x": [1]})
    source = FileSource("s.parquet", timestamp_field="ts")
    view = FeatureView("v", entities=[Entity("id")], schema=[Field("x", Int64)], source=source)
    with repository.store() as store:
        store.apply([Entity("id"), view])
        read, long = store.get_online_features, "k" * 100_000
        wrong = (
            lambda: read(["v:x"], {"id": [long]}),
            lambda: read(["v:x"], {"id": long}),
            lambda: read(["v:x"], long),
            lambda: store.get_historical_features({long: 1}, ["v:x"]),
            lambda: store.forget({"id": long}),
            lambda: store.get_view_rows("v", mode=long),
            lambda: store.push("v", [], to=long),
            lambda: store.write_to_online_store("v", {"id": long}),
        )
        for call in wrong:
            with pytest.raises(ProvenderError) as caught:
                call()
            assert len(str(caught.value)) < 1_000, str(caught.value)[:2_000]
