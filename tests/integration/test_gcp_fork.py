"""A process that uses Firestore forks: the child opens a connection of its own."""

from __future__ import annotations

import sys

from provender.testing.processes import run
from servers.shared import shared

SCRIPT = """
import os, sys
from pathlib import Path
from provender.plugin import OnlineTable, PluginContext
from provender_gcp.configuration import FirestoreConfig
from provender_gcp.firestore_store import FirestoreStore

small = dict(batch_rows=5, read_rows=5, writes_per_second=None, timeout_seconds=20)
config = FirestoreConfig(project_id="fork", endpoint=sys.argv[1], **small)
store = FirestoreStore(config, PluginContext("shop", Path(".")))
table = OnlineTable("shop", "orders")
rows = [(b"%d" % n, 1, 1, b"value") for n in range(30)]
keys = [row[0] for row in rows]
store.write(table, rows)
child = os.fork()
if not child:
    store.write(table, [(b"child", 1, 1, b"was here")])
    same = store.read(table, keys) == rows
    store.close()
    os._exit(0 if same else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert store.read(table, keys) == rows
assert store.read(table, [b"child"]) == [(b"child", 1, 1, b"was here")]
store.drop([table])
assert store.count(table) == 0
store.close()
store.close()
"""


def test_a_forked_process_reads_and_writes_and_the_first_one_goes_on():
    endpoint = shared("firestore")
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT, endpoint]
    run(command, seconds=120)
