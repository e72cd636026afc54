"""Faults on demand: a store whose chosen calls raise, time out, do half, are done twice, or kill.

>>> faulty = with_faults(store, {"write": [None, raises(), halves()]})

The first ``write`` of ``faulty`` works, the second raises, the third writes one half of its rows
and raises, and all later ones work. What is not named always works. An asynchronous twin is named
for itself: a script for ``write`` says nothing about ``write_async``.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, Protocol, TypeVar

from provender.errors import ProvenderError, RegistryError, StoreError
from provender.plugin import OfflineStore, OnlineStore, Registry, reader_of, reading

_Store = TypeVar("_Store", OfflineStore, OnlineStore, Registry)


class Fault(Protocol):
    """What happens to one call instead of the call."""

    def __call__(self, call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Do something with the call and its arguments; return its answer or raise."""


@dataclass(frozen=True)
class Call:
    """One call that a store with faults has got.

    Attributes:
        method: The method's name.
        args: Its positional arguments.
        failed: Whether it raised.
    """

    method: str
    args: tuple[Any, ...]
    failed: bool


def raises(error: Exception | None = None) -> Fault:
    """Return a fault that does nothing and raises.

    Args:
        error: What is raised; by default a StoreError, or a RegistryError of a registry.
    """

    def fault(call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        raise error or _error(call, "the store failed on purpose")

    return fault


def times_out(*, done: bool) -> Fault:
    """Return a fault that raises as a timeout does, when nobody knows what was done.

    Args:
        done: Whether the call was carried out before the answer got lost.
    """

    def fault(call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if done:
            call(*args)
        raise _error(call, "the store did not answer in time")

    return fault


def halves() -> Fault:
    """Return a fault that does one half of the call and raises.

    Of a sequence among the arguments the first half is passed on; of a reader that is returned,
    the first half of its first batch comes and then the error. A call that cannot be halved
    (compare-and-swap, an append) is not done at all.
    """

    def fault(call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        def end() -> NoReturn:
            raise _error(call, "the store failed half-way")

        return _half(call, args, end)

    return fault


def kills(when: Literal["before", "half", "after"]) -> Fault:
    """Return a fault at which the process ends at once, as by ``kill -9``.

    Args:
        when: Whether that happens before the call, when one half of it is done (see `halves`),
            or after it, before anybody hears of its answer.
    """

    def fault(call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if when == "half":
            return _half(call, args, _die)
        if when == "after":
            call(*args)
        return _die()

    return fault


def repeats(times: int = 2) -> Fault:
    """Return a fault that does the call several times, as a retry after a lost answer does."""

    def fault(call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        for _ in range(times - 1):
            call(*args)
        return call(*args)

    return fault


def with_faults(store: _Store, script: Mapping[str, Sequence[Fault | None]]) -> _Store:
    """Return a store that behaves as `store` does, but for the calls in `script`.

    Args:
        store: Any offline store, online store or registry.
        script: For each method by its name, what becomes of its first, second … call; None: it
            works. After the last entry every call works.

    Returns:
        A store of the same contract, with an attribute ``calls``: each `Call` so far; its
        ``follow(script)`` begins with another script.

    Raises:
        ValueError: `script` names a method that the contract does not have.
    """
    contract = next(c for c in (OfflineStore, OnlineStore, Registry) if isinstance(store, c))
    methods = [name for name in dir(contract) if not name.startswith("_")]
    unknown = sorted(set(script) - set(methods))
    if unknown:
        raise ValueError(f"{contract.__name__} has no methods {unknown}, only {methods}")
    faulty = type(
        f"Faulty{contract.__name__}",
        (_Faulty, contract),
        dict(_relay(contract, m) for m in methods),
    )
    built: _Store = faulty(store, script)
    return built


class _Faulty:
    """Passes every call of the contract on, or does to it what the script says."""

    def __init__(self, store: object, script: Mapping[str, Sequence[Fault | None]]) -> None:
        self.calls: list[Call] = []
        self._store = store
        self._lock = threading.Lock()
        self.follow(script)

    def follow(self, script: Mapping[str, Sequence[Fault | None]]) -> None:
        """Begin with another script; what is left of the one before is forgotten."""
        self._faults: dict[str, Iterator[Fault | None]] = {
            name: iter(faults) for name, faults in script.items()
        }

    def _relay(self, method: str, args: tuple[Any, ...]) -> Any:
        call = getattr(self._store, method)
        with self._noted(method, args) as fault:
            return fault(call, args) if fault else call(*args)

    async def _relay_async(self, method: str, args: tuple[Any, ...]) -> Any:
        """Pass a twin on; a fault meets it in a thread, so that it may wait as long as it wants."""
        import asyncio

        loop = asyncio.get_running_loop()
        twin = getattr(self._store, method)

        def call(*args: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(twin(*args), loop).result()

        with self._noted(method, args) as fault:
            return await (asyncio.to_thread(fault, call, args) if fault else twin(*args))

    @contextlib.contextmanager
    def _noted(self, method: str, args: tuple[Any, ...]) -> Iterator[Fault | None]:
        """Yield what is to happen to a call, and note the call and whether it failed."""
        with self._lock:
            fault = next(self._faults.get(method, iter(())), None)
        try:
            yield fault
        except BaseException:
            self.calls.append(Call(method, args, failed=True))
            raise
        self.calls.append(Call(method, args, failed=False))


def _relay(contract: type, method: str) -> tuple[str, Callable[..., Any]]:
    def relayed(self: _Faulty, *args: Any, **named: Any) -> Any:
        return self._relay(method, (*args, *named.values()))

    async def relayed_twin(self: _Faulty, *args: Any, **named: Any) -> Any:
        return await self._relay_async(method, (*args, *named.values()))

    is_twin = inspect.iscoroutinefunction(getattr(contract, method))
    return method, relayed_twin if is_twin else relayed


def _error(call: Callable[..., Any], fact: str) -> ProvenderError:
    """Return the error that the contract of the call's store allows."""
    of_registry = isinstance(getattr(call, "__self__", None), Registry)
    return RegistryError(fact) if of_registry else StoreError(fact)


def _is_divisible(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _half(call: Callable[..., Any], args: tuple[Any, ...], end: Callable[[], NoReturn]) -> Any:
    """Do one half of a call and then `end`, which never returns."""
    *others, last = args or (None,)
    if _is_divisible(last):
        call(*others, last[: len(last) // 2])
    elif isinstance(getattr(call, "__self__", None), OfflineStore) and _reads(call):
        return _half_read(call(*args), end)
    return end()


def _reads(call: Callable[..., Any]) -> bool:
    return call.__name__ in ("historical", "latest", "rows")


def _half_read(answer: Any, end: Callable[[], NoReturn]) -> Any:
    """Return a reader of the first half of a reader's first batch, at whose end `end` is called."""

    def half() -> Iterator[Any]:
        with reading(answer):
            for batch in answer:
                yield batch.slice(0, (batch.num_rows + 1) // 2)
                break
        end()

    return reader_of(answer.schema, half(), answer)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit  # never reached: the signal is not to be caught
