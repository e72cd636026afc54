"""`apply` removes the indexes of Firestore's fields and lets rows expire, where it may."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed: pip install 'provender[gcp]'")

from google.cloud.firestore_admin_v1.types import (  # noqa: E402
    Field,
    FieldOperationMetadata,
    GetFieldRequest,
    Index,
    UpdateFieldRequest,
)
from google.longrunning.operations_pb2 import Operation  # noqa: E402

from provender import Entity, FeatureStore  # noqa: E402
from servers.google_cloud import spoiled_firestore  # noqa: E402
from servers.grpc_faults import refuse  # noqa: E402

ABOVE = "projects/shop/databases/(default)/collectionGroups/provender_rows/fields"
NAMES = ["value", "key", "event_ts", "created_ts", "expires"]


class FieldSettings:
    """The settings of fields, as the Admin API keeps them; the emulator does not know it.

    A field without a configuration of its own has the indexes of all fields, those of
    ``__default__``. An update names what it changes in its mask, and an index configuration without
    indexes removes them. The change is made by a long-running operation; meanwhile a policy of
    expiry is ``CREATING``.

    https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.admin.v1#getfieldrequest
    https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.admin.v1#updatefieldrequest
    https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.admin.v1#ttlconfig
    """

    def __init__(self) -> None:
        self.kept: dict[str, Field] = {}
        self.updated: list[tuple[str, list[str]]] = []

    def get(self, call, request: bytes, context) -> Iterator[bytes]:
        name = GetFieldRequest.deserialize(request).name
        self._check(name, context)
        yield Field.serialize(self._found(name))

    def update(self, call, request: bytes, context) -> Iterator[bytes]:
        asked = UpdateFieldRequest.deserialize(request)
        name, paths = asked.field.name, list(asked.update_mask.paths)
        self._check(name, context)
        if not paths or not set(paths) <= {"index_config", "ttl_config"}:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the mask {paths} is not valid")
        found = self._found(name)
        if "index_config" in paths:
            if "index_config" not in asked.field:
                found.index_config = self._inherited()
            else:
                found.index_config = Field.IndexConfig(indexes=asked.field.index_config.indexes)
        if "ttl_config" in paths:
            del found.ttl_config
            if "ttl_config" in asked.field:
                found.ttl_config = Field.TtlConfig(state="CREATING")
        self.kept[name] = found
        self.updated.append((name.rpartition("/")[2], paths))
        begun = Operation(name="projects/shop/databases/(default)/operations/1")
        begun.metadata.Pack(FieldOperationMetadata.pb(FieldOperationMetadata(field=name)))
        yield begun.SerializeToString()

    def _check(self, name, context) -> None:
        if not re.fullmatch(rf"{re.escape(ABOVE)}/\w+", name):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no field is called {name}")

    def _found(self, name) -> Field:
        return self.kept.get(name) or Field(name=name, index_config=self._inherited())

    def _inherited(self) -> Field.IndexConfig:
        return Field.IndexConfig(indexes=[Index(), Index()], uses_ancestor_config=True)


@pytest.fixture(scope="module")
def relay():
    with spoiled_firestore() as faults:
        yield faults


@pytest.fixture
def firestore(relay):
    relay.reset()
    return relay


@pytest.fixture
def kept(firestore):
    settings = FieldSettings()
    firestore.spoil_always("GetField", settings.get)
    firestore.spoil_always("UpdateField", settings.update)
    return settings


@pytest.fixture
def apply(tmp_path, firestore):
    """Apply an entity of some name."""
    (tmp_path / "feature_store.yaml").write_text(
        f"""
project: shop
provider: local
online_store: {{type: gcp.firestore, project_id: shop, endpoint: "{firestore.endpoint}"}}
"""
    )

    def apply(name):
        with FeatureStore(tmp_path) as store:
            store.apply([Entity(name=name, join_keys=[f"{name}_id"])])

    return apply


def test_the_first_apply_sets_all_fields_up(apply, kept, caplog):
    apply("customer")
    assert kept.updated == [
        *((name, ["index_config"]) for name in NAMES[:-1]),
        ("expires", ["index_config", "ttl_config"]),
    ]
    for name in NAMES:
        found = kept.kept[f"{ABOVE}/{name}"]
        assert (list(found.index_config.indexes), found.index_config.uses_ancestor_config) == (
            [],
            False,
        )
    assert kept.kept[f"{ABOVE}/expires"].ttl_config.state.name == "CREATING"
    assert caplog.records == []


def test_what_is_set_up_is_left_as_it_is(apply, kept, firestore):
    apply("customer")
    kept.updated.clear()
    apply("shop")
    assert kept.updated == []
    firestore.calls.clear()
    apply("shop")
    assert "GetField" not in firestore.calls, "nothing was applied"


def test_only_what_is_missing_is_changed(apply, kept):
    apply("customer")
    kept.updated.clear()
    del kept.kept[f"{ABOVE}/expires"].ttl_config
    del kept.kept[f"{ABOVE}/value"]
    apply("shop")
    assert kept.updated == [("value", ["index_config"]), ("expires", ["ttl_config"])]


@pytest.mark.parametrize("method", ["GetField", "UpdateField"])
def test_who_may_not_is_told_the_commands_and_has_applied(
    apply, kept, firestore, caplog, tmp_path, method
):
    firestore.spoil_always(method, refuse(grpc.StatusCode.PERMISSION_DENIED))
    apply("customer")
    (warning,) = caplog.messages
    assert "--role=roles/datastore.indexAdmin" in warning
    options = "--collection-group=provender_rows --database='(default)' --project=shop"
    assert (
        "for f in value key event_ts created_ts expires; do "
        f"gcloud firestore indexes fields update $f {options} --disable-indexes; done"
    ) in warning
    assert f"gcloud firestore fields ttls update expires {options} --enable-ttl" in warning
    with FeatureStore(tmp_path) as store:
        assert [entity.name for entity in store.list_entities()] == ["customer"]


def test_an_emulator_has_no_such_settings(apply, firestore, caplog):
    apply("customer")
    assert firestore.calls["GetField"] == 1
    assert firestore.calls["UpdateField"] == 0
    assert caplog.records == []
