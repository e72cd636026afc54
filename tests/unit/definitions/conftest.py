"""What tests of definitions share: the files of a repository."""

import textwrap

import pytest


@pytest.fixture
def write(tmp_path):
    """Write a file of the repository; returns its path."""

    def file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    return file
