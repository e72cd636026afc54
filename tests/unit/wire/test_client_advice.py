"""What a client says to do when its server refuses it, or is not trusted."""

from __future__ import annotations

import json
import ssl

import httpx
import pandas as pd
import pytest

from provender.client.calls import Call, online
from provender.client.sending import AnswerLost, failure, passes, read, unreachable
from provender.errors import StoreError
from provender.wire.answers import Failure, ProblemAnswer


@pytest.mark.parametrize("fact", ["a token is needed", "the token is not valid here"])
def test_a_missing_token_names_the_environment_variable(fact):
    told = Failure("Unauthenticated", 401, fact, [ProblemAnswer(fact, fix="send the header")])
    (problem,) = failure(told).problems
    assert "PROVENDER_TOKEN" in problem.fix
    other = Failure("Forbidden", 403, fact, [ProblemAnswer(fact, fix="another")])
    assert failure(other).problems[0].fix == "another"


def test_a_certificate_that_is_not_trusted():
    reason = ssl.SSLCertVerificationError(
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"
    )
    (problem,) = unreachable("https://a", reason, lost=False).problems
    assert "ca_file" in problem.fix
    (problem,) = unreachable("https://a", OSError("refused"), lost=False).problems
    assert "provender serve" in problem.fix


@pytest.mark.parametrize("code", [408, 502, 504])
def test_a_timeout_of_the_server_is_tried_again_where_that_does_no_harm(code):
    answer = httpx.Response(code, content=b"late")
    once, again = (Call("/push", bytes, b"", repeatable=harmless) for harmless in (False, True))
    assert passes(again, answer)
    assert not passes(once, answer)
    with pytest.raises(StoreError) as caught:
        read(again, answer)
    assert type(caught.value) is StoreError
    with pytest.raises(AnswerLost, match=str(code)):
        read(once, answer)


def test_a_server_that_is_busy_is_always_asked_again():
    for code in (429, 503):
        assert passes(Call("/push", bytes, b"", repeatable=False), httpx.Response(code))


def test_missing_keys_of_pandas_are_sent_as_null():
    call = online("scoring", {"driver_id": [1, pd.NA, float("nan")]}, full=False)
    assert json.loads(call.body)["entities"] == {"driver_id": [1, None, None]}
