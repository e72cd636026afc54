"""The list of mutants fits the sources: each text stands once, and what replaces it is Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mutants.run import ROOT, distribution, listed, mutated

MUTANTS = listed()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_changes_its_file_at_one_place(mutant):
    text = (ROOT / mutant.file).read_text()
    changed = mutated(mutant, text)
    assert changed != text
    ast.parse(changed)


def test_mutants_have_names_promises_and_tests():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 28
    for mutant in MUTANTS:
        assert mutant.breaks.endswith("."), mutant.name
        assert mutant.tests, mutant.name
        assert len(set(map(distribution, mutant.tests))) == 1, mutant.name
        files = [ROOT / test.partition("::")[0] for test in mutant.tests]
        assert all(map(Path.is_file, files)), mutant.name
