"""Ways to a server: address, socket, TLS, sentinels; and back to one that was away."""

import shutil
import sys
import tempfile

import pytest
from redis_servers import redis_server, sentinel_of

from provender.errors import ConfigError, StoreError
from provender.testing.processes import run
from provender.testing.servers import HOST, free_port, listens
from provender.testing.suites.concurrency import in_threads

ROWS = [(b"k", 1, 1, b"v")]


def works(store, table):
    store.prepare([table])
    store.write(table, ROWS)
    assert store.read(table, [b"k"]) == ROWS
    store.drop([table])


def test_host_port_and_db(open_store, server, table):
    one, other = (open_store(host=HOST, port=server.port, db=db) for db in (1, 2))
    one.write(table, ROWS)
    assert one.read(table, [b"k"]) == ROWS
    assert other.read(table, [b"k"]) == [None]
    one.drop([table])


def test_a_unix_socket(open_store, tmp_path, table):
    with tempfile.TemporaryDirectory() as short:
        path = f"{short}/redis.sock"
        with redis_server(tmp_path, "--unixsocket", path):
            works(open_store(url=f"unix://{path}?db=1"), table)
        with pytest.raises(StoreError, match=r"redis\.sock, database 1"):
            open_store(url=f"unix://{path}?db=1", retries=0).read(table, [b"k"])


def test_sentinels_know_the_primary(open_store, server, tmp_path, table):
    with sentinel_of(server, tmp_path, "features") as address:
        found = {"sentinels": [f"{HOST}:{free_port()}", address], "retries": 0}
        works(open_store(**found, sentinel_service="features"), table)
        with pytest.raises(StoreError, match="no sentinel knows the primary"):
            open_store(**found, sentinel_service="other").read(table, [b"k"])


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path):
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
        subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{HOST}"]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject]
        run(command)
        return tmp_path

    @pytest.fixture
    def port(self, certificate, tmp_path):
        port = free_port()
        options = ["--tls-port", str(port), "--tls-auth-clients", "optional"]
        files = ["--tls-cert-file", certificate / "certificate.pem"]
        files += ["--tls-key-file", certificate / "key.pem"]
        files += ["--tls-ca-cert-file", certificate / "certificate.pem"]
        with redis_server(tmp_path, *options, *files):
            yield port

    def test_a_certificate_that_is_trusted(self, open_store, port, table):
        trusted = {"tls_ca_file": "certificate.pem"}  # beside feature_store.yaml
        works(open_store(host=HOST, port=port, tls=True, **trusted), table)
        works(open_store(url=f"rediss://{HOST}:{port}", **trusted), table)

    def test_the_client_has_a_certificate_too(self, open_store, port, table):
        files = {"tls_cert_file": "certificate.pem", "tls_key_file": "key.pem"}
        url = f"rediss://{HOST}:{port}"
        works(open_store(url=url, tls_ca_file="certificate.pem", **files), table)

    def test_a_certificate_that_is_not_trusted(self, open_store, port, table):
        with pytest.raises(StoreError, match="certificate"):
            open_store(url=f"rediss://{HOST}:{port}", retries=0).read(table, [b"k"])

    def test_a_certificate_that_is_not_there(self, open_store, tmp_path):
        with pytest.raises(ConfigError, match=r"online_store\.tls_ca_file .*\n.*nowhere\.pem"):
            open_store(host=HOST, port=1, tls=True, tls_ca_file="nowhere.pem")

    def test_a_file_that_is_no_certificate(self, open_store, server, tmp_path, table):
        (tmp_path / "certificate.pem").write_text("no certificate")
        settings = {"tls": True, "tls_ca_file": "certificate.pem", "retries": 0}
        with pytest.raises(StoreError, match="check the address and the certificates"):
            open_store(host=HOST, port=server.port, **settings).read(table, [b"k"])


def test_a_server_that_comes_back_is_used_again(open_store, tmp_path, table):
    port = free_port()
    store = open_store(host=HOST, port=port, retries=0)
    with redis_server(tmp_path, port=port):
        works(store, table)
    assert not listens(port)
    with pytest.raises(StoreError, match="cannot be reached"):
        store.write(table, ROWS)
    with redis_server(tmp_path, port=port):
        works(store, table)


@pytest.mark.parametrize("work", ["read", "write", "swap"])
def test_a_connection_that_was_cut_is_made_anew(store, client, table, work):
    newer = (b"k", 2, 2, b"w")
    store.write(table, ROWS)
    assert store.swap(table, b"k", ROWS[0], ROWS[0])
    client.client_kill_filter(_type="normal", skipme=True)
    if work == "write":
        store.write(table, [newer])
    if work == "swap":
        assert store.swap(table, b"k", ROWS[0], newer)
    assert store.read(table, [b"k"]) == (ROWS if work == "read" else [newer])


def test_a_swap_that_is_not_answered_is_sent_once(open_store, redis_url, client, table):
    store = open_store(url=redis_url, timeout_seconds=0.1)
    assert store.swap(table, b"k", None, ROWS[0])
    before = client.info("stats")["total_connections_received"]
    client.client_pause(60_000, all=False)
    try:
        with pytest.raises(StoreError, match="does not answer in time"):
            store.swap(table, b"k", ROWS[0], (b"k", 2, 2, b"w"))
    finally:
        client.client_unpause()
    assert client.info("stats")["total_connections_received"] == before


def test_as_many_threads_as_there_are_may_ask_at_once(store, client, table):
    store.write(table, ROWS)
    client.client_pause(300)  # ms, in which every thread gets a connection and waits
    assert in_threads(120, lambda _: store.read(table, [b"k"])) == [ROWS] * 120


def test_a_closed_store_connects_again(store, table):
    works(store, table)
    store.close()
    works(store, table)


def test_a_written_row_survives_the_server_when_it_keeps_a_log(open_store, tmp_path, table):
    port = free_port()
    options = ["--appendonly", "yes", "--appendfsync", "always"]
    with redis_server(tmp_path, *options, port=port) as server:
        open_store(url=server.url).write(table, ROWS)
    with redis_server(tmp_path, *options, port=port) as server:
        assert open_store(url=server.url).read(table, [b"k"]) == ROWS


FORKING = """
import os, sys
from pathlib import Path
from provender.plugin import OnlineTable
from provender.testing.suites.store_opener import StoreOpener

store = StoreOpener("online", "redis", None, Path("."), {"url": sys.argv[1]}).open()
table = OnlineTable(sys.argv[2], "view")
store.write(table, [(b"k", 1, 1, b"v")])
child = os.fork()
name = b"parent" if child else b"child"
for n in range(300):
    store.write(table, [(name, n, 0, b"%d" % n)])
    assert store.read(table, [name]) == [(name, n, 0, b"%d" % n)]
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_has_connections_of_its_own(redis_url, table):
    command = [sys.executable, "-c", FORKING, redis_url, table.project]
    run(command)
