"""What a client says to do when its server refuses it, or is not trusted."""

from __future__ import annotations

import ssl

import pytest

from provender.client.sending import failure, unreachable
from provender.wire.answers import Failure, ProblemAnswer


@pytest.mark.parametrize("fact", ["a token is needed", "the token does not count here"])
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
    (problem,) = unreachable("https://a", reason, sent=False).problems
    assert "ca_file" in problem.fix
    (problem,) = unreachable("https://a", OSError("refused"), sent=False).problems
    assert "provender serve" in problem.fix
