"""The entry point of the Google Cloud provider before the conformance suite of plug-ins."""

import sys

from provender.testing.plugin_suite import PluginSuite
from provender.testing.processes import run

NOWHERE = "http://127.0.0.1:9"  # an emulator's address: no accounts are asked for


class TestPlugin(PluginSuite):
    provider = "gcp"
    settings = {  # noqa: RUF012
        "bigquery": {"project_id": "p", "dataset": "d", "endpoint": NOWHERE},
        "firestore": {"project_id": "p", "endpoint": NOWHERE},
        "gcs": {"path": "gs://bucket/registry", "endpoint": NOWHERE},
    }


def test_nothing_of_google_is_imported_before_a_store_is_built():
    modules = "provender_gcp.plugin, provender_gcp.firestore_store, provender_gcp.gcs_registry"
    code = f"import sys, {modules}; print([m for m in sys.modules if m.startswith('google')])"
    done = run([sys.executable, "-c", code])
    assert done.stdout.strip() == "[]"
