"""``provender online``: what the online store holds, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provender.cli.commands import online as command
from provender.cli.frame import output
from provender.cli.frame.invocation import Invocation
from provender.online_figures import OnlineFigures

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = "2026-03-01T12:00:00"


def test_nothing_is_online_yet(run):
    assert run("online") == "No feature view is online; `provender apply` registers definitions.\n"


def test_a_line_for_each_view(run):
    run("apply")
    run("materialize-incremental", END)
    head, titles, delays, weather = run("online").splitlines()
    assert head == "Online store: sqlite"
    assert titles.split() == " ".join(command.HEADERS).split()
    assert delays.split()[:3] == ["delays", "0", "2"]
    assert weather.split()[:3] == ["weather", "0", "3"]
    assert "weather" not in run("online", "delays")


def test_the_answer_as_json(run):
    run("apply")
    run("materialize-incremental", END)
    answer = run("online", "delays", "--output", "json")
    assert (answer["project"], answer["store"]) == ("test", "sqlite")
    (table,) = answer["tables"]
    assert table.pop("bytes") > 0
    assert datetime.fromisoformat(table.pop("last_run"))
    assert table == {
        "view": "delays",
        "generation": 0,
        "waiting": False,
        "table": "test.delays.0",
        "rows": 2,
        "expired": 0,
        "expired_share": 0.0,
        "oldest": "2026-03-01T09:00:00+00:00",
        "newest": "2026-03-01T10:00:00+00:00",
        "estimated": [],
        "loaded_until": "2026-03-01T12:00:00+00:00",
    }


def test_an_unknown_view_is_told(run):
    run("apply")
    error = run("online", "weathr", "--output", "json", code=1)["error"]
    assert "weather" in error["problems"][0]["fix"]


def figures(view, **more):
    values = {
        "generation": 12,
        "waiting": False,
        "store": "redis",
        "table": f"test.{view}.12",
        "rows": 1_234_567_890,
        "bytes": 987_654_321_012,
        "expired": 24_691_357,
        "oldest": NOW - timedelta(days=400),
        "newest": NOW - timedelta(minutes=125),
        "estimated": frozenset({"rows", "bytes", "expired", "oldest", "newest"}),
        "last_run": NOW - timedelta(seconds=90),
        **more,
    }
    return OnlineFigures(view=view, **values)


def test_estimates_unknown_figures_and_waiting_tables_are_marked():
    assert command.row(figures("one"), NOW) == (
        "one", "12", "~1.23 G", "~920 GiB", "~2%", "~1 y", "~2 h", "2 min",
    )  # fmt: skip
    unknown = dict.fromkeys(("rows", "bytes", "expired", "oldest", "newest", "last_run"))
    waiting = figures("one", waiting=True, **unknown)
    assert command.row(waiting, NOW) == ("one", "12*", *"------")
    exact = figures("one", estimated=frozenset(), bytes=612)
    assert command.row(exact, NOW)[2:5] == ("1,234,567,890", "612 B", "2%")
    assert command.notes([exact]) == []
    assert command.notes([waiting, figures("two")]) == [
        "* not read under the newest catalog: being filled, or waits to be dropped",
        "~ estimated",
    ]


def test_at_a_terminal_it_fits_and_in_a_pipe_it_is_whole(monkeypatch, capsys):
    def printed(width):
        monkeypatch.setattr(output, "_terminal_width", lambda: width)
        output.print_table(Invocation(), command.HEADERS, rows)
        return capsys.readouterr().out.splitlines()

    rows = [command.row(figures(f"view_with_a_long_name_{n}", waiting=n > 1), NOW) for n in (1, 2)]
    lines = printed(80)
    assert max(map(len, lines)) <= 80
    assert all(cell in "\n".join(lines) for cell in rows[0][1:])
    whole = printed(None)
    assert len(whole) == 3
    assert "view_with_a_long_name_1" in whole[1]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1_000, "1.00 k"), (12_345, "12.3 k"), (999_500, "1.00 M"),
     (123_456_789, "123 M"), (10**18, "1000 P")],
)  # fmt: skip
def test_counts_are_readable(count, text):
    assert command.count_text(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (16, "16 B"), (1_024, "1.00 KiB"), (1_536_000, "1.46 MiB"), (2**40, "1.00 TiB")],
)
def test_sizes_are_readable(count, text):
    assert command.size_text(count) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.004, "<1%"), (0.5, "50%"), (0.999, "99%"), (1, "100%")]
)
def test_shares_are_readable(share, text):
    assert command.share_text(share) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(0), "0 s"), (timedelta(seconds=59), "59 s"), (timedelta(hours=5), "5 h"),
     (timedelta(days=3), "3 d"), (timedelta(days=-3), "in 3 d")],
)  # fmt: skip
def test_ages_are_readable(span, text):
    assert command.age_text(NOW - span, NOW) == text
