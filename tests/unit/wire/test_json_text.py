"""JSON of users: a key that is given twice is refused, wherever it is."""

from __future__ import annotations

import pytest

from provender.server.http.bodies import Shape
from provender.server.http.errors import WrongShape
from provender.wire.json_text import RepeatedKey, read_json
from provender.wire.requests import OnlineRequest, PushRequest


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"a": 1, "a": 1}', "a"),
        ('{"a": 1, "b": 2, "\\u0061": 1}', "a"),
        ('[{"x": {"deep": 1, "deep" : 2}}]', "deep"),
        ('{"": 1, "": 2}', ""),
    ],
)
def test_a_repeated_key_is_named(text, key):
    for form in (text, text.encode()):
        with pytest.raises(RepeatedKey) as caught:
            read_json(form)
        assert caught.value.key == key


def test_equal_keys_of_several_objects_and_keys_in_text_are_allowed():
    text = '[{"a": 1}, {"a": {"a": "\\"a\\": 1, \\"a\\": 2"}}]'
    assert read_json(text) == [{"a": 1}, {"a": {"a": '"a": 1, "a": 2'}}]


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        (OnlineRequest, '{"features": ["v:a"], "entities": {}, "features": ["v:b"]}', "features"),
        (OnlineRequest, '{"features": ["v:a"], "entities": {"id": [1], "id": [2]}}', "id"),
        (PushRequest, '{"push_source_name": "p", "df": [{"x": 1}, {"x": 1, "x": 2}]}', "x"),
    ],
)
def test_a_body_with_a_repeated_key_is_refused(kind, body, key):
    with pytest.raises(WrongShape, match="a key is given twice") as caught:
        Shape(kind).read(body.encode())
    (problem,) = caught.value.problems
    assert (caught.value.status, problem.got) == (422, repr(key))
