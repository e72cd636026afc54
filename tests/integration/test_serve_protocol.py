"""Reads of online features keep HTTP's rules: order, parts, connections."""

from __future__ import annotations

import json
import re
import socket
from contextlib import ExitStack
from itertools import product

import pytest

from servers.feature_server import feature_server
from servers.served_project import make_project

BODY = json.dumps({"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}).encode()
WRONG = BODY.replace(b"trips", b"tripz")
HEAD = re.compile(rb"HTTP/1\.1 (\d+) .*?content-length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n", re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocol")
    make_project(path).close()
    with feature_server(path) as found:
        yield found


@pytest.fixture
def connection(server):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as found:
        yield found


def request(body=BODY, *headers, version="1.1", path="/get-online-features"):
    lines = [
        f"POST {path} HTTP/{version}",
        "Host: localhost",
        "Content-Type: application/json",
        *headers,
    ]
    if not any(header.startswith("Transfer") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def answers(connection, count):
    """Return the codes and bodies of some answers, as they come."""
    received, found = b"", []
    while len(found) < count:
        head = HEAD.match(received)
        if head and len(received) >= head.end() + int(head[2]):
            end = head.end() + int(head[2])
            found.append((int(head[1]), json.loads(received[head.end() : end])))
            received = received[end:]
            continue
        part = connection.recv(65536)
        assert part, received
        received += part
    assert received == b""
    return found


def trips(document):
    return document["results"][1]["values"]


def test_requests_that_are_sent_at_once_are_answered_in_order(connection):
    large = json.dumps({"features": ["typed"], "entities": {"driver_id": [1] * 900}}).encode()
    sent = [BODY, WRONG, BODY, large, BODY, b"{", BODY]
    connection.sendall(b"".join(map(request, sent)))
    found = answers(connection, len(sent))
    assert [code for code, _ in found] == [200, 404, 200, 200, 200, 400, 200]
    assert [trips(document) for _, document in found[::2][:3]] == [[7]] * 3
    assert len(found[3][1]["results"][0]["values"]) == 900


def test_a_body_in_parts(connection):
    whole = request()
    for place in (1, len(whole) - len(BODY), len(whole) - 3):
        connection.sendall(whole[:place])
        connection.sendall(whole[place:])
        assert answers(connection, 1)[0][0] == 200
    chunked = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (5, BODY[:5], len(BODY) - 5, BODY[5:])
    connection.sendall(request(chunked, "Transfer-Encoding: chunked"))
    assert trips(answers(connection, 1)[0][1]) == [7]


def test_a_large_body_that_waits_for_a_word(connection):
    padded = BODY + b" " * 200_000
    head = request(padded, "Expect: 100-continue")[: -len(padded)]
    connection.sendall(head)
    assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
    connection.sendall(padded)
    assert trips(answers(connection, 1)[0][1]) == [7]
    connection.sendall(request(padded))
    assert trips(answers(connection, 1)[0][1]) == [7]


@pytest.mark.parametrize("closing", [("1.1", "Connection: close"), ("1.0", "X-None: 1")])
def test_a_connection_that_is_to_be_closed(connection, closing):
    version, header = closing
    connection.sendall(request(BODY, header, version=version))
    assert trips(answers(connection, 1)[0][1]) == [7]
    assert connection.recv(1) == b""


def test_headers_that_never_end_are_not_waited_for(tmp_path):
    make_project(tmp_path, server={"deadline": "1s"}).close()
    head = request()[:40]
    beginnings = {"nothing": b"", "part": head, "second": request() + head, "pipelined": None}
    with feature_server(tmp_path, "--workers", "2") as server, ExitStack() as stack:
        host, port = server.url.removeprefix("http://").split(":")
        found = {
            name: stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
            for name in beginnings
        }
        for name, sent in beginnings.items():
            found[name].sendall(request() + request() + head if sent is None else sent)
        assert found["nothing"].recv(1) == b""
        for name, before in (("part", 0), ("second", 1), ("pipelined", 2)):
            *answered, (status, document) = answers(found[name], before + 1)
            assert [code for code, _ in answered] == [200] * before
            assert (status, document["error"]["type"]) == (408, "HeadLate")
            assert found[name].recv(1) == b""


def test_a_body_that_never_comes_is_not_waited_for(tmp_path):
    make_project(
        tmp_path, server={"deadline": "1s", "write_deadline": "1s", "stores": True}
    ).close()
    paths = {
        "/get-online-features": "application/json",
        "/push": "application/json",
        "/write-to-online-store": "application/json",
        "/materialize": "application/json",
        "/materialize-incremental": "application/json",
        "/stores/online/read": "application/msgpack",
    }
    with feature_server(tmp_path) as server, ExitStack() as stack:
        host, port = server.url.removeprefix("http://").split(":")
        waiting = []
        for (path, media), sent in product(paths.items(), (b"", BODY[:5])):
            head = request(BODY, path=path)[: -len(BODY)]
            connection = socket.create_connection((host, int(port)), timeout=20)
            waiting.append(stack.enter_context(connection))
            connection.sendall(head.replace(b"application/json", media.encode()) + sent)
        for connection in waiting:
            ((status, document),) = answers(connection, 1)
            assert (status, document["error"]["type"]) == (408, "BodyLate")
            assert connection.recv(1) == b""
