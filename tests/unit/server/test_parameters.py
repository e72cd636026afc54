"""Parameters of addresses: checked, and refused where they would count for nothing."""

from __future__ import annotations

import anyio
import pytest

from provender.wire.arrow_stream import write_stream
from servers.served_project import make_project, served

READ = {"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}
ROWS = {"push_source_name": "driver_pushes", "df": {}}
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture
def answer(tmp_path):
    store = make_project(tmp_path)

    def ask(path, **request):
        async def run():
            async with served(store) as client:
                return await client.post(path, **request)

        return anyio.run(run)

    return ask


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/get-online-features?full_feature_names=true", READ),
        ("/get-online-features?features=typed&metadata=true", READ),
        ("/push?to=offline", ROWS),
        ("/write-to-online-store?feature_view_name=typed", ROWS),
    ],
)
def test_they_are_refused_beside_a_body_in_json(answer, path, body):
    found = answer(path, json=body)
    assert found.status_code == 422
    assert "count only where the body is an Arrow stream" in found.json()["error"]["message"]


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ("metadata=yes", "the parameter 'metadata' is not a flag"),
        ("metadata=true&metadata=true", "the parameter 'metadata' is repeated"),
        ("full_feature_nams=true", "unknown parameter 'full_feature_nams'"),
        ("feature_service=a&feature_service=b", "the parameter 'feature_service' is repeated"),
    ],
)
def test_they_are_checked(answer, query, fact):
    import pyarrow as pa

    stream = write_stream(pa.table({"driver_id": [1]}))
    found = answer(f"/get-online-features?{query}", content=stream, headers={"content-type": ARROW})
    assert (found.status_code, found.json()["error"]["message"]) == (422, fact)


def test_an_answer_in_arrow_may_have_metadata(answer):
    path = "/get-online-features?metadata=true"
    assert answer(path, json=READ, headers={"accept": ARROW}).status_code == 200
