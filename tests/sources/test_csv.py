"""A table in a file becomes a story with a chart, or a story of each row."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast import config, settings
from broadcast.errors import Rejected
from broadcast.material import tabular
from broadcast.newsdesk.figures import chart_of
from broadcast.sources.csv import Csv
from broadcast.testing import Bench, FakeClock
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
WEEKS = "week,New users,Revenue\n9 Nov,980,70900.5\n16 Nov,1115,\n23 Nov,1248,84200\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def fetch(bench: Bench, text: str | bytes = WEEKS, **options: Any) -> Sequence[Story]:
    path = bench.folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    fields = {"title": "{new_users} new users", **options}
    async with bench.tools() as tools:
        return await Csv(file=str(path), **fields).fetch(tools, NOW)


async def test_a_table_is_one_story_of_its_last_row_and_a_line_of_all(bench: Bench) -> None:
    (story,) = await fetch(
        bench,
        summary="Before it were {new_users_before}, {new_users_change_pct}% less.",
        labels="week",
        figures={"new_users": {"change": "{new_users_change_pct}% week over week", "drawn": "line"}},
        publisher="Us",
    )

    assert ("1,248 new users", "Before it were 1,115, 11.9% less.") == (story.title, story.text)
    assert (NOW, "Us", "en") == (story.at, story.publisher, story.language)
    (figure,) = story.figures
    assert ("New users", "1,248", "+11.9% week over week", "line") == (
        figure.label, figure.text, figure.change, figure.drawn,
    )  # fmt: skip
    assert [("9 Nov", "980", 980.0), ("16 Nov", "1,115", 1115.0), ("23 Nov", "1,248", 1248.0)] == [
        (one.label, one.text, one.value) for one in figure.points
    ]


async def test_all_rows_together_say_their_sum_and_where_it_was_most(bench: Bench) -> None:
    text = "Region;Umsatz €\nNord;1.200,50\nSüd;99,5\n"
    (story,) = await fetch(
        bench,
        text,
        decimal=",",
        language="de",
        labels="region",
        title="{umsatz_max_label} führt",
        summary="Zusammen {umsatz_sum}, am wenigsten {umsatz_min} in {umsatz_min_label}.",
        figures={"umsatz_sum": {"unit": "€"}},
    )

    assert ("Nord führt", "Zusammen 1.300, am wenigsten 99,5 in Süd.") == (story.title, story.text)
    assert () == story.figures[0].series  # regions follow one another by no time: nobody shall draw a line of them
    assert ("1.300 €", ["1.200,5 €", "99,5 €"]) == (
        story.figures[0].text,
        [p.text for p in story.figures[0].points],
    )


async def test_an_empty_cell_is_no_point_of_a_line(bench: Bench) -> None:
    (story,) = await fetch(bench, labels="week", figures={"revenue": {"format": "$#,##0"}})

    assert ["9 Nov", "23 Nov"] == [one.label for one in story.figures[0].points]


async def test_each_row_is_a_story_where_that_is_asked_for(bench: Bench) -> None:
    found = await fetch(bench, told="each", title="{week}: {revenue}", id="{week}", last=2)

    assert [("23 Nov", "23 Nov: 84,200")] == [(one.id, one.title) for one in found]
    (note,) = bench.notes
    assert note.startswith("1 of 2 rows are left out: row 1: the field 'revenue' of the CSV file is empty")


async def test_one_row_has_nothing_to_compare_with(bench: Bench) -> None:
    (story,) = await fetch(bench, "new users\n5\n", summary="Now {new_users}.\nBefore {new_users_before}.")

    assert "Now 5." == story.text


async def test_a_head_without_rows_is_no_story(bench: Bench) -> None:
    assert [] == await fetch(bench, "week,new users\n")


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", {}, "cannot be read: it is empty: the first line names the columns"),
        ("a,b\n1,2,3\n", {}, "line 2 has 3 cells, and the first line 2 names"),
        ('new users\n"5', {}, "line 2 is no CSV"),
        (b"\xff\xfe", {}, "is not UTF-8 text; save it as CSV UTF-8"),
        (WEEKS, {"title": "{new_user}"}, "gave no field 'new_user'; did you mean 'new_users'"),
        (WEEKS, {"labels": "weak"}, "has no column 'weak'; did you mean 'week'"),
        (WEEKS, {"at": "week"}, "the column 'week' of the CSV file is no date"),
        (WEEKS, {"figures": {"profit": {}}}, "gave no field 'profit'"),
        ("n\n" + "1\n" * 10_001, {}, "more than the 10,000 rows"),
        (",".join(map(str, range(201))) + "\n", {}, "has 201 columns; give at most 200"),
    ],
)
async def test_what_is_wrong_with_a_table_is_said(
    bench: Bench, text: str | bytes, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(Rejected, match=words):
        await fetch(bench, text, **options)


async def test_a_file_that_is_not_there_is_named(bench: Bench) -> None:
    async with bench.tools() as tools:
        with pytest.raises(Rejected, match=r"the CSV file: there is no file nowhere\.csv"):
            await Csv(file="nowhere.csv", title="x").fetch(tools, NOW)


async def test_the_report_that_comes_along_tells_a_chart_of_each_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    known = settings.load(broadcast_data_dir=tmp_path, broadcast_config_dir=ROOT / "config")
    show = config.load("report", known)
    async with Bench(tmp_path, FakeClock(NOW)).tools() as tools:
        stories = [story for source in show.sources.values() for story in await source.fetch(tools, NOW)]
    charts = [chart_of(story) for story in stories]
    assert ["line", "comparison", "bars", "table"] == [chart.shape for chart in charts if chart]
    assert show.kind.name == "report"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"delimiter": "x"}, "is no letter, digit, quote or line end"),
        ({"title": "{a b}"}, "only {name} may stand in braces"),
        ({"figures": {"a": {"series": "x"}}}, "the rows themselves are the line"),
        ({"figures": {"a": {"drawn": "pie"}}}, "Input should be"),
    ],
)
def test_settings_that_cannot_work_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Csv(**{"file": "x.csv", "title": "x", **options})


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("12", ".", 12), ("-3.50", ".", -3.5), ("−4", ".", -4), ("1,234", ".", 1234), ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5), ("1 234", ",", 1234), ("1'234", ".", 1234), ("12,5", ",", 12.5),
        ("1e3", ".", 1000),
        ("007", ".", "007"), ("12,5", ".", "12,5"), ("2026-11-23", ".", "2026-11-23"), ("nan", ".", "nan"),
        ("1,2,3", ".", "1,2,3"), ("", ".", ""), (" 5 ", ".", 5), ("3%", ".", "3%"), ("1.234.567", ",", 1234567),
        ("0.5", ".", 0.5), ("inf", ".", "inf"), ("9" * 40, ".", "9" * 40), ("1-2", ".", "1-2"),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_only_where_it_is_one(cell: str, decimal: Any, value: object) -> None:
    assert value == tabular.value(cell, decimal)


def test_columns_get_names_that_can_stand_in_braces() -> None:
    assert ["new_users", "umsatz", "column_3", "column_4_2nd", "umsatz_5"] == tabular.named(
        ["New users", "Umsatz €", "地域", "2nd", "umsatz"]
    )


@pytest.mark.parametrize("text", ["a;b\n1;2", "a\tb\n1\t2", "a|b\n1|2", "a,b\r\n1,2\r\n", "\ufeffa,b\n\n1,2\n\n"])
def test_what_parts_the_cells_is_found(text: str) -> None:
    assert [{"a": 1, "b": 2}] == tabular.table(text, "", ".")
