"""What `provender doctor` is told of Google Cloud: what is missing, and what mends it."""

from __future__ import annotations

import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed: pip install 'provender[gcp]'")

from no_credentials import without_google  # noqa: E402
from provender.config import load_config  # noqa: E402
from provender.doctor import examine  # noqa: E402
from provender.plugin import PluginContext  # noqa: E402
from provender.plugin.loading.loader import load_plugins  # noqa: E402
from servers.grpc_faults import refuse  # noqa: E402
from servers.http_faults import refuse as http_refuse  # noqa: E402

pytest_plugins = ["servers.spoiled_google"]

DATABASE, BUCKET = "Firestore database (default)", "bucket gs://features"


@pytest.fixture
def settings(firestore, gcs):
    return {
        "project_id": "shop",
        "database": "(default)",
        "bucket": "features",
        "firestore_endpoint": firestore.endpoint,
        "storage_endpoint": gcs.endpoint,
    }


@pytest.fixture
def look(tmp_path):
    def look(settings):
        hook = load_plugins("gcp", {}).hook
        context = PluginContext("shop", tmp_path, provider=settings)
        (found,) = hook.provender_check(context=context)
        return {finding.subject: finding for finding in found}

    return look


def test_all_is_well(look, settings):
    found = look(settings)
    assert [subject for subject, finding in found.items() if not finding.ok] == []
    assert list(found) == [
        "settings under gcp:",
        "client libraries",
        "credentials",
        DATABASE,
        f"writing to {DATABASE}",
        f"indexes of {DATABASE}",
        f"expiry in {DATABASE}",
        BUCKET,
        f"writing to {BUCKET}",
    ]


def test_looking_changes_nothing(look, settings, gcs):
    look(settings)
    uploads = [path for method, path in gcs.requests if method == "POST"]
    assert len(uploads) == 1
    assert "ifGenerationMatch=1" in uploads[0]


def test_wrong_settings_end_it(look, settings):
    (found,) = look({**settings, "bucket": 3}).values()
    assert (found.ok, found.subject) == (False, "settings under gcp:")
    assert "gcp.bucket" in found.detail


def test_missing_credentials_end_it(look, tmp_path, monkeypatch):
    without_google(monkeypatch, tmp_path)
    found = look({"project_id": "shop", "database": "(default)"})
    assert list(found)[-1] == "credentials"
    assert not found["credentials"].ok
    assert found["credentials"].fix == "gcloud auth application-default login"


def test_missing_credentials_are_one_finding_and_not_one_of_each_store(tmp_path, monkeypatch):
    without_google(monkeypatch, tmp_path)
    shared = "gcp: {project_id: shop, dataset: features, bucket: features}"
    (tmp_path / "feature_store.yaml").write_text(f"project: shop\nprovider: gcp\n{shared}\n")
    found = list(examine(lambda: load_config(tmp_path), lambda config: []))
    (wrong,) = [one for one in found if not one.ok]
    assert wrong.subject == "credentials"
    assert wrong.stops == ("offline", "online", "registry")
    assert wrong.detail.endswith("until this is fixed: offline store, online store, registry")


def test_a_missing_database_is_told_with_the_command_that_makes_it(look, settings, firestore):
    firestore.spoil_always("BatchGetDocuments", refuse(grpc.StatusCode.NOT_FOUND))
    found = look(settings)[DATABASE]
    assert not found.ok
    assert found.fix.startswith("gcloud firestore databases create --project=shop")


@pytest.mark.parametrize("method", ["BatchGetDocuments", "BatchWrite"])
def test_a_missing_permission_of_the_database_is_told(look, settings, firestore, method):
    firestore.spoil_always(method, refuse(grpc.StatusCode.PERMISSION_DENIED))
    found = look(settings)
    (wrong,) = [finding for finding in found.values() if not finding.ok]
    assert wrong.subject == (DATABASE if "Get" in method else f"writing to {DATABASE}")
    assert "roles/datastore.user" in wrong.fix


def test_a_missing_bucket_is_told_with_the_command_that_makes_it(look, settings):
    found = look({**settings, "bucket": "no-such-bucket"})
    wrong = [finding for finding in found.values() if not finding.ok]
    assert wrong
    assert {f.fix for f in wrong} == {
        "gcloud storage buckets create gs://no-such-bucket --project=shop --location=EU"
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_permission_of_the_bucket_is_told(look, settings, gcs, method):
    gcs.spoil(method, "", http_refuse(403), times=9)
    found = look(settings)
    (wrong,) = [finding for finding in found.values() if not finding.ok]
    assert wrong.subject == (BUCKET if method == "GET" else f"writing to {BUCKET}")
    assert "roles/storage.objectUser" in wrong.fix


def field(*, indexes=0, inherited=False, ttl=None):
    """Return a fault that answers with the settings of a field, which the emulator has not."""
    from google.cloud.firestore_admin_v1.types import Field, Index

    config = Field.IndexConfig(indexes=[Index()] * indexes, uses_ancestor_config=inherited)
    found = Field(index_config=config)
    if ttl is not None:
        found.ttl_config = Field.TtlConfig(state=ttl)
    return lambda call, request, context: iter([Field.serialize(found)])


def test_fields_without_indexes_and_with_a_policy_of_expiry_are_well(look, settings, firestore):
    firestore.spoil_always("GetField", field(ttl="ACTIVE"))
    found = look(settings)
    assert found[f"indexes of {DATABASE}"].detail == "none"
    assert found[f"expiry in {DATABASE}"].detail == "on"


@pytest.mark.parametrize("kept", [{"indexes": 2}, {"inherited": True}], ids=["own", "inherited"])
def test_indexes_are_told_with_the_command_that_removes_them(look, settings, firestore, kept):
    firestore.spoil("GetField", field(), field(), field(**kept), field(**kept), field())
    firestore.spoil_always("GetField", field(ttl="CREATING"))
    (wrong,) = [finding for finding in look(settings).values() if not finding.ok]
    assert wrong.subject == f"indexes of {DATABASE}"
    assert wrong.fix == (
        "for f in event_ts created_ts; do gcloud firestore indexes fields update $f "
        "--collection-group=provender_rows --database='(default)' --project=shop "
        "--disable-indexes; done"
    )


@pytest.mark.parametrize("ttl", [None, "NEEDS_REPAIR"])
def test_a_missing_policy_of_expiry_is_told_with_the_command(look, settings, firestore, ttl):
    firestore.spoil_always("GetField", field(ttl=ttl))
    (wrong,) = [finding for finding in look(settings).values() if not finding.ok]
    assert wrong.subject == f"expiry in {DATABASE}"
    assert wrong.fix == (
        "gcloud firestore fields ttls update expires --collection-group=provender_rows "
        "--database='(default)' --project=shop --enable-ttl"
    )


def test_settings_that_may_not_be_seen_are_told(look, settings, firestore):
    firestore.spoil_always("GetField", refuse(grpc.StatusCode.PERMISSION_DENIED))
    wrong = [finding for finding in look(settings).values() if not finding.ok]
    assert len(wrong) == 2
    assert all("denies permission" in finding.detail for finding in wrong)


def test_what_the_chosen_stores_need_is_looked_at(tmp_path, firestore, gcs):
    """Nothing stands under gcp: but the stores are chosen one by one."""
    (tmp_path / "feature_store.yaml").write_text(
        f"""
project: shop
provider: local
online_store: {{type: gcp.firestore, project_id: shop, endpoint: "{firestore.endpoint}"}}
registry:
  {{type: gcp.gcs, path: gs://no-such-bucket/r, project_id: shop, endpoint: "{gcs.endpoint}"}}
"""
    )
    findings = {
        one.subject: one for one in examine(lambda: load_config(tmp_path), lambda config: [])
    }
    assert findings[DATABASE].ok
    assert findings["online store"].ok
    bucket = findings["bucket gs://no-such-bucket/r"]
    assert bucket.fix.startswith("gcloud storage buckets create gs://no-such-bucket")
    assert not findings["registry"].ok
    assert "BigQuery" not in " ".join(findings)
