"""Settings whose text has a form: what does not match is refused in words."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from provender.plugin import Matching

CODE = TypeAdapter(Annotated[str, Matching(r"[A-Z]{3}", "three capital letters")])


def test_text_that_matches_stays_as_it_is():
    assert CODE.validate_python("USD") == "USD"


@pytest.mark.parametrize("text", ["usd", "USDT", "US", "", "USD\n"])
def test_text_that_does_not_match_is_refused_in_words(text):
    with pytest.raises(ValidationError) as caught:
        CODE.validate_python(text)
    assert caught.value.errors()[0]["msg"] == "Value error, three capital letters"


def test_the_schema_has_the_pattern():
    assert CODE.json_schema() == {"type": "string", "pattern": "^[A-Z]{3}$"}
