"""The stored form of a catalog: what is not asked for is not decoded, damage is told."""

from __future__ import annotations

import gc

import pytest

from provender.catalog.catalog import decode, empty_document, encode
from provender.catalog.gc_paused import collection_paused
from provender.catalog.versions.diff import changed_objects
from provender.errors import RegistryError

VIEWS = {f"view_{number}": {"generation": number} for number in range(3)}


def stored(**parts):
    return encode({**empty_document(), **parts})


def test_a_document_comes_back_and_gives_the_same_bytes_again():
    payload = stored(views=VIEWS, entities={"driver": {"name": "driver"}})
    found = decode(payload, "p/catalog")
    assert dict(found["views"]) == VIEWS
    assert found["entities"] == {"driver": {"name": "driver"}}
    assert encode(found) == payload


def test_stored_views_are_a_mapping():
    views = decode(stored(views=VIEWS), "p/catalog")["views"]
    assert len(views) == 3
    assert sorted(views) == sorted(VIEWS)
    assert "view_1" in views
    assert "view_9" not in views
    assert views.get("view_9") is None
    assert views["view_1"] is views["view_1"]
    assert views == VIEWS


def test_what_is_not_asked_for_is_not_decoded():
    payload = stored(views={**VIEWS, "view_2": {"owner": "?"}}).replace(b"?", b"\xff")
    views = decode(payload, "p/catalog")["views"]
    assert views["view_1"] == {"generation": 1}
    with pytest.raises(RegistryError, match=r"document 'p/catalog' is damaged"):
        views["view_2"]


def test_views_that_are_written_the_same_are_not_decoded_to_compare_them():
    views = {**VIEWS, "view_2": {"owner": "?"}}
    before, after = (
        decode(stored(views=found).replace(b"?", b"\xff"), "p/catalog")
        for found in (views, {**views, "view_1": {"generation": 7}, "more": {}})
    )
    assert list(changed_objects(before, after)) == [("views", "more"), ("views", "view_1")]
    assert list(changed_objects(after, before)) == [("views", "more"), ("views", "view_1")]


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"format": 1, "views": 3}'])
def test_a_damaged_document_is_told(payload):
    with pytest.raises(RegistryError, match=r"document 'p/catalog' is damaged"):
        decode(payload, "p/catalog")


@pytest.mark.parametrize("payload", [b"{}", b'{"format": 2, "views": []}'])
def test_a_form_of_another_version_is_told(payload):
    with pytest.raises(RegistryError, match="format that this version cannot read"):
        decode(payload, "p/catalog")


def test_collection_goes_on_after_its_pause():
    seen = []

    def work():
        with collection_paused():
            seen.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert seen == [False]
    assert gc.isenabled()


def test_collection_that_is_off_stays_off():
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
