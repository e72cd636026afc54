"""Names that clash, against counting each of them."""

from hypothesis import given
from hypothesis import strategies as st

from provender.names import alike_names, repeated

NAMES = st.lists(st.text("abAB", max_size=2))


@given(NAMES)
def test_repeated_names(names):
    assert repeated(names) == sorted({name for name in names if names.count(name) > 1})


@given(NAMES)
def test_names_that_are_alike(names):
    folded = [name.casefold() for name in names]
    assert alike_names(names) == [name for name in names if folded.count(name.casefold()) > 1]
