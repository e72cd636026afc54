"""What errors show."""

from provender.errors import RequestError


def test_the_middle_of_a_very_long_value_is_left_out():
    error = RequestError("a key is too long", got=repr(b"k" * 10_000_000))
    assert len(str(error)) < 2_000
    assert "kkk … (9,998,203 characters) … kkk" in str(error)
    assert RequestError("x", got="v" * 2_000).problems[0].got == "v" * 2_000
