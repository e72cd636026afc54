"""Rules of the registry suite: documents change only by compare-and-swap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar
from uuid import uuid4

import pytest

from provender.errors import Conflict
from provender.plugin import Registry, Role
from provender.testing.suites.store_suite import StoreSuite, expect, expect_equal

_PAYLOADS = [
    pytest.param(payload, id=label)
    for label, payload in [
        ("empty", b""),
        ("every byte", bytes(range(256))),
        ("zero bytes", b"\x00" * 100),
        ("not valid as text", b"\xff\xfe\xc3\x28"),
        ("JSON", '{"größe": "🦉"}'.encode()),
        ("1 MB", bytes(range(256)) * 4_096),
        ("10 MB", b"0123456789abcdef" * 655_360),
    ]
]
_NAMES = [
    pytest.param(name, id=label)
    for label, name in [
        ("plain", "catalog"),
        ("path", "project/ledger/view"),
        ("dots", "a/../b"),
        ("quotes", 'it\'s "quoted"; DROP TABLE documents; --'),
        ("wildcards", "100%_*?[a]"),
        ("unicode", "größe/🦉/日本"),
        ("blanks", " leading and trailing "),
        ("hyphens", "Order-Items/v2"),
        ("long", "n" * 200),
    ]
]


class RegistryDocuments(StoreSuite):
    """A registry and a name in it that no other test uses."""

    role: ClassVar[Role] = "registry"

    @pytest.fixture
    def store(self, open_store: Callable[[], Registry]) -> Registry:
        """An open registry."""
        return open_store()

    @pytest.fixture
    def prefix(self, store: Registry) -> Iterator[str]:
        """The beginning of this test's names; its documents are deleted in the end."""
        prefix = f"suite-{uuid4().hex[:10]}/"
        yield prefix
        for name in store.names(prefix):
            found = store.read(name)
            if found:
                store.delete(name, found.version)

    @pytest.fixture
    def name(self, prefix: str) -> str:
        """The name of a document that does not exist."""
        return f"{prefix}document"


def expect_conflict(attempt: Callable[[], object], rule: str) -> None:
    """Fail unless `attempt` raises Conflict.

    Raises:
        AssertionError: It raises nothing.
    """
    try:
        got = attempt()
    except Conflict:
        return
    raise AssertionError(f"{rule}\n  expected: Conflict\n  got:      {got!r}")


class RegistryWriteRules(RegistryDocuments):
    """What is written is read, with its version and its history."""

    def test_document_that_was_never_written_is_none(self, store: Registry, name: str) -> None:
        """It has no history either."""
        expect_equal(store.read(name), None, "there is no document yet")
        expect_equal(store.history(name), [], "it has no history")

    @pytest.mark.parametrize("payload", _PAYLOADS)
    def test_payload_comes_back_byte_for_byte(
        self, store: Registry, name: str, payload: bytes
    ) -> None:
        """Payloads are opaque, from none to ten megabytes."""
        expect_equal(store.write(name, payload, 0), 1, "the first version is 1")
        found = store.read(name)
        expect(found is not None and found.payload == payload, "the payload comes back")
        expect_equal([d.payload == payload for d in store.history(name)], [True], "in history too")

    @pytest.mark.parametrize("label", _NAMES)
    def test_any_text_names_a_document(self, store: Registry, prefix: str, label: str) -> None:
        """Names are text, whatever it means to the store."""
        name = prefix + label
        store.write(name, b"payload", 0)
        found = store.read(name)
        expect_equal(found and found.payload, b"payload", f"a document may be named {label!r}")
        expect_equal(store.names(prefix), [name], "it is listed under its name")
        store.delete(name, 1)
        expect_equal(store.names(prefix), [], "it is deleted under its name")

    def test_names_that_differ_only_in_case_are_different(
        self, store: Registry, prefix: str
    ) -> None:
        """``View`` and ``view`` are two documents."""
        store.write(f"{prefix}View", b"upper", 0)
        store.write(f"{prefix}view", b"lower", 0)
        found = [store.read(f"{prefix}{name}") for name in ("View", "view")]
        payloads = [document and document.payload for document in found]
        expect_equal(payloads, [b"upper", b"lower"], "case tells documents apart")

    def test_versions_are_counted_from_one(self, store: Registry, name: str) -> None:
        """Each write returns the version that it made."""
        versions = [store.write(name, b"%d" % n, n) for n in range(5)]
        expect_equal(versions, [1, 2, 3, 4, 5], "versions are counted from one")
        found = store.read(name)
        newest = found and (found.payload, found.version)
        expect_equal(newest, (b"4", 5), "the newest version is read")

    def test_equal_payload_is_a_version_of_its_own(self, store: Registry, name: str) -> None:
        """Writing the same bytes again is a write."""
        store.write(name, b"same", 0)
        expect_equal(store.write(name, b"same", 1), 2, "equal payloads are versions")

    def test_history_is_complete_and_in_order(self, store: Registry, name: str) -> None:
        """Oldest first, nothing left out."""
        for n in range(30):
            store.write(name, b"payload %d" % n, n)
        history = [(document.version, document.payload) for document in store.history(name)]
        expected = [(n + 1, b"payload %d" % n) for n in range(30)]
        expect_equal(history, expected, "history is complete and in order")

    def test_any_version_is_read_by_its_number(self, store: Registry, name: str) -> None:
        """One version alone is as it is in the history; None where there is none."""
        for n in range(3):
            store.write(name, b"payload %d" % n, n)
        found = [store.read_version(name, version) for version in range(-1, 6)]
        expected = [None, None, *store.history(name), None, None]
        expect_equal(found, expected, "any version is read by its number")

    def test_history_has_instants_that_do_not_go_back(self, store: Registry, name: str) -> None:
        """`written_us` is a count of µs since 1970."""
        for n in range(5):
            store.write(name, b"", n)
        instants = [document.written_us for document in store.history(name)]
        expect_equal(instants, sorted(instants), "instants do not go back")
        expect(instants[0] > 1_577_836_800_000_000, "instants are µs since 1970", instants[0])

    def test_documents_have_versions_of_their_own(self, store: Registry, prefix: str) -> None:
        """Writing one document leaves the others as they are."""
        store.write(f"{prefix}a", b"", 0)
        store.write(f"{prefix}a", b"", 1)
        expect_equal(store.write(f"{prefix}b", b"", 0), 1, "each document counts for itself")

    def test_written_documents_outlive_the_connection(
        self, open_store: Callable[[], Registry], name: str
    ) -> None:
        """`write` returns when the document is durable."""
        first = open_store()
        first.write(name, b"payload", 0)
        first.close()
        found = open_store().read(name)
        expect_equal(found and found.payload, b"payload", "documents outlive the connection")

    def test_writes_by_another_connection_are_seen(
        self, store: Registry, open_store: Callable[[], Registry], name: str
    ) -> None:
        """Nothing is cached that another may change."""
        other = open_store()
        store.write(name, b"1", 0)
        other.write(name, b"2", 1)
        found = store.read(name)
        expect_equal(found and found.payload, b"2", "writes by others are seen")
        expect_conflict(lambda: store.write(name, b"3", 1), "a stale version conflicts")

    def test_closing_twice_is_allowed(self, open_store: Callable[[], Registry]) -> None:
        """`close` can be called again, also on a registry that was never used."""
        fresh = open_store()
        fresh.close()
        fresh.close()


class RegistryReplaceRules(RegistryDocuments):
    """`replace` is a write that keeps no earlier version."""

    def test_replacing_keeps_only_the_newest_version(self, store: Registry, name: str) -> None:
        """However often a document is replaced, its history has one version."""
        store.write(name, b"1", 0)
        store.write(name, b"2", 1)
        for version in (2, 3, 4):
            replaced = store.replace(name, b"%d" % (version + 1), version)
            expect_equal(replaced, version + 1, "versions are counted on")
            history = [(found.version, found.payload) for found in store.history(name)]
            expect_equal(history, [(replaced, b"%d" % replaced)], "only the newest version is kept")
        found = [store.read_version(name, version) for version in range(1, 7)]
        expect_equal(found, [None] * 4 + [store.read(name), None], "the earlier ones are gone")

    def test_history_begins_again_after_a_replacement(self, store: Registry, name: str) -> None:
        """What is written after it is kept, until the next replacement or deletion."""
        store.replace(name, b"1", 0)
        store.replace(name, b"2", 1)
        store.write(name, b"3", 2)
        store.write(name, b"4", 3)
        history = [(found.version, found.payload) for found in store.history(name)]
        expect_equal(history, [(2, b"2"), (3, b"3"), (4, b"4")], "history begins again")
        expect_equal(store.read_version(name, 1), None, "what was replaced is gone")
        store.delete(name, 4)
        expect_equal(store.history(name), [], "deletion removes all")
        expect_equal(store.replace(name, b"new", 0), 1, "the document can be created anew")

    @pytest.mark.parametrize("expected", [0, 1, 3])
    def test_replacing_a_wrong_version_conflicts(
        self, store: Registry, name: str, expected: int
    ) -> None:
        """The document has version 2, and keeps its history."""
        store.write(name, b"1", 0)
        store.write(name, b"2", 1)
        before = store.history(name)
        expect_conflict(lambda: store.replace(name, b"x", expected), "a wrong version conflicts")
        expect_equal(store.history(name), before, "a conflict changes nothing")


class RegistrySwapRules(RegistryDocuments):
    """A write or a deletion that expects another version changes nothing."""

    @pytest.mark.parametrize("expected", [0, 1, 3, 99])
    def test_wrong_version_conflicts_and_changes_nothing(
        self, store: Registry, name: str, expected: int
    ) -> None:
        """The document has version 2."""
        store.write(name, b"1", 0)
        store.write(name, b"2", 1)
        before = store.history(name)
        rule = f"writing with version {expected} over version 2 conflicts"
        expect_conflict(lambda: store.write(name, b"x", expected), rule)
        expect_equal(store.history(name), before, "a conflict changes nothing")

    @pytest.mark.parametrize("expected", [1, 2, 99])
    def test_replacing_a_document_that_does_not_exist_conflicts(
        self, store: Registry, name: str, expected: int
    ) -> None:
        """Only version 0 says that there is none."""
        expect_conflict(lambda: store.write(name, b"x", expected), "there is nothing to replace")
        expect_equal(store.read(name), None, "a conflict changes nothing")

    def test_creating_twice_conflicts(self, store: Registry, name: str) -> None:
        """Version 0 does not overwrite."""
        store.write(name, b"1", 0)
        expect_conflict(lambda: store.write(name, b"2", 0), "a document is created once")

    def test_delete_removes_the_document_and_its_history(self, store: Registry, name: str) -> None:
        """After it the document can be created anew, from version 1."""
        store.write(name, b"1", 0)
        store.write(name, b"2", 1)
        store.delete(name, 2)
        expect_equal(store.read(name), None, "the document is gone")
        expect_equal(store.history(name), [], "its history is gone")
        expect_equal(store.write(name, b"new", 0), 1, "it can be created anew")

    @pytest.mark.parametrize("expected", [0, 1, 3])
    def test_delete_with_a_wrong_version_conflicts(
        self, store: Registry, name: str, expected: int
    ) -> None:
        """The document has version 2."""
        store.write(name, b"1", 0)
        store.write(name, b"2", 1)
        before = store.history(name)
        rule = f"deleting version {expected} of a document at version 2 conflicts"
        expect_conflict(lambda: store.delete(name, expected), rule)
        expect_equal(store.history(name), before, "a conflict changes nothing")

    def test_delete_of_a_document_that_does_not_exist_conflicts(
        self, store: Registry, name: str
    ) -> None:
        """It has not the version that is expected."""
        expect_conflict(lambda: store.delete(name, 1), "there is nothing to delete")

    def test_names_are_sorted_and_begin_with_the_prefix(self, store: Registry, prefix: str) -> None:
        """Only documents that exist are listed."""
        for name in ("b", "a/2", "a/10", "a", "c"):
            store.write(prefix + name, b"", 0)
        store.delete(f"{prefix}c", 1)
        everything = [prefix + name for name in ("a", "a/10", "a/2", "b")]
        expect_equal(store.names(prefix), everything, "names are sorted")
        expect_equal(store.names(f"{prefix}a/"), everything[1:3], "names begin with the prefix")
        expect_equal(store.names(f"{prefix}x"), [], "no name begins so")
        expect(set(everything) <= set(store.names()), "without a prefix all are listed")

    @pytest.mark.parametrize("sign", ["%", "_", "*", "?", "[", "\\", "."])
    def test_prefix_is_plain_text_without_wildcards(
        self, store: Registry, prefix: str, sign: str
    ) -> None:
        """Only the name with the very sign begins with the prefix."""
        store.write(f"{prefix}a{sign}b", b"", 0)
        store.write(f"{prefix}axb", b"", 0)
        found = store.names(f"{prefix}a{sign}")
        expect_equal(found, [f"{prefix}a{sign}b"], f"{sign} in a prefix is plain text")

    def test_prefix_tells_case_apart(self, store: Registry, prefix: str) -> None:
        """``VIEW`` does not begin with ``view``."""
        store.write(f"{prefix}VIEW", b"", 0)
        store.write(f"{prefix}view", b"", 0)
        expect_equal(store.names(f"{prefix}view"), [f"{prefix}view"], "case counts in a prefix")
