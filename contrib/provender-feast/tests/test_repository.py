"""The files of a repository: which are read, and what they define."""

from __future__ import annotations

import pytest
from feast.repo_operations import get_repo_files, parse_repo

from provender_feast.errors import ConflictingFeatureViewNames

VIEW = """
from feast import FeatureView, FileSource
one = FeatureView(name="{}", source=FileSource(path="{}.parquet", timestamp_field="ts"))
"""


def test_the_template_defines_what_it_says(repo):
    found = parse_repo(repo)
    counts = [
        len(group)
        for group in (
            found.data_sources,
            found.feature_views,
            found.on_demand_feature_views,
            found.entities,
            found.feature_services,
            found.label_views,
            found.projects,
        )
    ]
    assert counts == [5, 2, 2, 1, 3, 1, 1]


def test_ignored_and_hidden_files_are_not_read(tmp_path):
    for name in ("a.py", ".hidden/b.py", "sub/c.py", "sub/d.py", "e.py", "venv/f.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".feastignore").write_text("venv # environments\n\n# all\n**/d.py\ne.py\n")
    found = [path.relative_to(tmp_path).as_posix() for path in get_repo_files(tmp_path)]
    assert found == ["a.py", "sub/c.py"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("one", "one"), "Multiple FeatureViews with name 'one' found"),
        (("one", "One"), "must be case-insensitively unique"),
    ],
)
def test_two_views_do_not_share_a_name(tmp_path, names, told):
    for number, name in enumerate(names):
        (tmp_path / f"file_{number}.py").write_text(VIEW.format(name, number))
    with pytest.raises(ConflictingFeatureViewNames, match=told):
        parse_repo(tmp_path)


def test_an_imported_view_is_the_same_view(tmp_path):
    (tmp_path / "first.py").write_text(VIEW.format("one", "one"))
    (tmp_path / "second.py").write_text("from first import one\n")
    assert [view.name for view in parse_repo(tmp_path).feature_views] == ["one"]
