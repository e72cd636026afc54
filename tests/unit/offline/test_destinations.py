"""A store that can write results itself: what a retrieval job then offers."""

import pytest

from provender.errors import RequestError
from provender.offline.retrieval_job import RetrievalJob
from provender.plugin import Destination, Estimate, HistoricalPlan, OfflineStore, SqlSpine

PLAN, SPINE = HistoricalPlan("q", ("q",), ()), SqlSpine("SELECT 1")


class Writing(OfflineStore):
    """Remembers what it was asked to write; nothing else of it is used."""

    destinations = ("warehouse", "files")

    def __init__(self):
        self.written = []

    def export(self, plan, spine, destination):
        assert (plan, spine) == (PLAN, SPINE)
        self.written.append(destination)
        return 7

    def estimate(self, plan, spine):
        return Estimate(bytes=10, price=0.5)

    schema = spine_schema = historical = latest = rows = append = None


class Plain(Writing):
    destinations = ()
    export = OfflineStore.export


def test_a_job_has_a_method_for_each_kind_of_destination():
    store = Writing()
    job = RetrievalJob(store, PLAN, SPINE)
    assert job.to_files("bucket/prefix") == 7
    assert job.to_warehouse("marts.rows", replace=True) == 7
    assert job.persist("marts.other") == 7
    assert store.written == [
        Destination("files", "bucket/prefix"),
        Destination("warehouse", "marts.rows", replace=True),
        Destination("warehouse", "marts.other"),
    ]
    assert job.estimate().price == 0.5


def test_a_job_has_no_other_methods():
    job = RetrievalJob(Writing(), PLAN, SPINE)
    for name in ("to_nowhere", "files", "warehouse", "to_"):
        assert not hasattr(job, name)
    with pytest.raises(AttributeError, match="to_nowhere"):
        job.to_nowhere("x")


def test_a_store_that_writes_nothing_says_so():
    with pytest.raises(RequestError, match="cannot write results to this destination"):
        RetrievalJob(Plain(), PLAN, SPINE).persist("marts.rows")
    with pytest.raises(RequestError, match="cannot remove this destination"):
        Plain().remove(Destination("warehouse", "marts.rows"))
