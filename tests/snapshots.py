"""`expect_snapshot` compares a text with the one that was reviewed."""

from __future__ import annotations

from pathlib import Path

import pytest


def expect_snapshot(text: str, file: Path) -> None:
    """Fail unless a file holds the text; remove the file to have it written anew.

    Raises:
        AssertionError: It holds another text.
    """
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        pytest.fail(f"{file.name} was not there; it was written")
    assert text == file.read_text()
