"""Modules whose calls block are those that `make twins` generates."""

from __future__ import annotations

import pytest

import twins


@pytest.mark.parametrize("source", twins.TWINS, ids=lambda path: path.name)
def test_generated_modules_are_up_to_date(source):
    assert twins.TWINS[source].read_text(encoding="utf-8") == twins.blocking(source), "make twins"


def test_a_phrase_that_is_gone_is_reported(tmp_path):
    source = tmp_path / "from" / "some.py"
    source.parent.mkdir()
    source.write_text("")
    with pytest.raises(LookupError, match="does not contain"):
        twins.blocking(source)
