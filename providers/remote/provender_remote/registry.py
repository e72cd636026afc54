"""The registry of a feature server elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from provender.client.sending import AnswerLost
from provender.errors import Conflict, RegistryError, StoreError
from provender.plugin import Document, PluginContext, Registry
from provender.wire.stores import REGISTRY, Named, Stored, Writing
from provender_remote.configuration import RemoteConfig, address
from provender_remote.through_http import Through


class RemoteRegistry(Registry):
    """Documents, read and written by the server.

    A write whose answer is lost is looked for in the history: it is done when it is there.

    Args:
        config: The registry's settings.
        context: Whom it is built for.

    Raises:
        ConfigError: The server's address is not configured.
        MissingExtra: httpx is not installed.
    """

    def __init__(self, config: RemoteConfig, context: PluginContext) -> None:
        self._through = Through(address(config.url, "url", context), REGISTRY, config)

    def read(self, name: str) -> Document | None:
        """Return the newest version of a document, or None when there is none."""
        return _document(self._ask("read", Named(name), Stored | None))

    def read_version(self, name: str, version: int) -> Document | None:
        """Return one version of a document, or None if it has no version of that number."""
        return _document(self._ask("read_version", Named(name, version), Stored | None))

    def history(self, name: str) -> list[Document]:
        """Return the versions of a document, oldest first; empty when there is none."""
        found = self._ask("history", Named(name), list[Stored])
        return [Document(one.payload, one.version, one.written_us) for one in found]

    def write(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and return its number."""
        return self._write(Writing(name, payload, expected_version))

    def replace(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and remove the earlier ones."""
        return self._write(Writing(name, payload, expected_version, keep_history=False))

    def _write(self, asked: Writing) -> int:
        try:
            version: int = self._ask("write", asked, int, repeatable=False)
        except AnswerLost as error:
            version = asked.expected_version + 1
            newest = self.read(asked.name)
            if newest is None or newest.version < version:
                raise RegistryError.of(error.problems) from error
            found = self.read_version(asked.name, version)
            if found is None or found.payload != asked.payload:
                raise Conflict(f"{asked.name} was changed by somebody else") from error
        return version

    def delete(self, name: str, expected_version: int) -> None:
        """Remove a document with its history."""
        try:
            self._ask("delete", Named(name, expected_version), None, repeatable=False)
        except AnswerLost as error:
            if self.read(name) is not None:
                raise RegistryError.of(error.problems) from error

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all documents that begin with `prefix`, sorted."""
        found: list[str] = self._ask("names", Named(prefix), list[str])
        return found

    def close(self) -> None:
        """Close the connections."""
        self._through.close()

    def _ask(self, operation: str, body: Any, answer: Any, *, repeatable: bool = True) -> Any:
        with _errors():
            return self._through.ask(operation, body, answer, repeatable=repeatable)


def _document(found: Stored | None) -> Document | None:
    return None if found is None else Document(found.payload, found.version, found.written_us)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the failure of a server into that of a registry."""
    try:
        yield
    except AnswerLost:
        raise
    except StoreError as error:
        raise RegistryError.of(error.problems) from error
