"""A gRPC server that passes every call on to another one, but for those that a test spoils."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from provender.testing.servers import HOST

Call = Callable[[bytes], Iterator[bytes]]
"""Passes a request on, and returns the answers."""
Fault = Callable[[Call, bytes, grpc.ServicerContext], Iterator[bytes]]
"""What happens to one call instead of the call."""


class GrpcFaults:
    """What becomes of the next calls.

    Attributes:
        endpoint: Where the server listens.
        calls: How often each method was called.
    """

    def __init__(self, target: str) -> None:
        self.endpoint = ""
        self.calls: dict[str, int] = defaultdict(int)
        self.channel = grpc.insecure_channel(target)
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._lock = threading.Lock()

    def spoil(self, method: str, *faults: Fault) -> None:
        """Let these happen to the next calls of a method, one each."""
        self._faults[method].extend(faults)

    def spoil_always(self, method: str, fault: Fault) -> None:
        """Let this happen to every call of a method."""
        self._always[method] = fault

    def reset(self) -> None:
        """Let every call pass, and count anew."""
        self._faults.clear()
        self._always.clear()
        self.calls.clear()

    def next(self, method: str) -> Fault | None:
        """Count a call and return what is to happen to it."""
        with self._lock:
            self.calls[method] += 1
            scripted = self._faults[method]
            return scripted.popleft() if scripted else self._always.get(method)


def refuse(code: grpc.StatusCode, text: str = "on purpose") -> Fault:
    """Do nothing and answer with an error."""

    def fault(call: Call, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(code, text)
        yield b""

    return fault


def lose(code: grpc.StatusCode) -> Fault:
    """Do it, and answer with an error all the same."""

    def fault(call: Call, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        list(call(request))
        context.abort(code, "the answer got lost")
        yield b""

    return fault


def cut(code: grpc.StatusCode) -> Fault:
    """Send the first of many answers, then an error."""

    def fault(call: Call, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        yield next(call(request))
        context.abort(code, "cut in the middle")

    return fault


def hang(gate: threading.Event) -> Fault:
    """Do not answer before a gate opens."""

    def fault(call: Call, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        assert gate.wait(120), "nobody opened the gate"
        yield from call(request)

    return fault


def before(action: Callable[[], object]) -> Fault:
    """Let something else happen just before."""

    def fault(call: Call, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        action()
        yield from call(request)

    return fault


class _Relay(grpc.GenericRpcHandler):
    def __init__(self, faults: GrpcFaults) -> None:
        self._faults = faults

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = details.method.rpartition("/")[2]
        passed = [(k, v) for k, v in details.invocation_metadata if k != "user-agent"]
        relay = self._faults.channel.stream_stream(details.method)

        def call(request: bytes) -> Iterator[bytes]:
            yield from relay(iter([request]), metadata=passed)

        def answer(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
            request = next(requests)
            fault = self._faults.next(method)
            try:
                yield from fault(call, request, context) if fault else call(request)
            except grpc.RpcError as error:  # the other server's own
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(answer)


@contextmanager
def grpc_faults(endpoint: str) -> Iterator[GrpcFaults]:
    """Run such a server in front of another one while the block runs."""
    faults = GrpcFaults(endpoint.partition("://")[2])
    options = [("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(32), handlers=[_Relay(faults)], options=options)
    faults.endpoint = f"http://{HOST}:{server.add_insecure_port(f'{HOST}:0')}"
    server.start()
    try:
        yield faults
    finally:
        server.stop(None).wait()
        faults.channel.close()
