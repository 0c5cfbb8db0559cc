import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from broadcast.errors import Refused, Rejected
from broadcast.sources.metrics import Card, Metrics
from broadcast.testing import Bench, Server
from broadcast.types import Figure, Point, Story

WEEK = {"new_users": 1284, "revenue": "$48,200", "growth_pct": 4.2}
TITLE = "This week: {new_users} new users, {revenue} revenue"
SUMMARY = "Growth of {growth_pct}% week over week"


async def tell(bench: Bench, payload: Any, **options: Any) -> Story:
    body = payload if isinstance(payload, str | bytes) else json.dumps(payload)
    async with Server() as server:
        url = server.put("/stats", body, headers={"Content-Type": "application/json"})
        stories = await fetch(bench, Metrics(url=url, **{"title": TITLE, "summary": SUMMARY, **options}))
    (story,) = stories
    return story


async def fetch(bench: Bench, source: Metrics) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await source.fetch(tools, bench.clock.now())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_numbers_of_a_week_are_a_story(bench: Bench) -> None:
    story = await tell(bench, WEEK, publisher="Us", tags=("numbers",))

    assert "This week: 1,284 new users, $48,200 revenue" == story.title
    assert "Growth of 4.2% week over week" == story.text
    assert (bench.clock.now(), "Us", "en", ("numbers",)) == (story.at, story.publisher, story.language, story.tags)
    assert (
        Figure(label="New users", text="1,284", value=1284.0, pattern="#,##0.###"),
        Figure(label="Revenue", text="$48,200"),
        Figure(label="Growth", text="4.2%", value=4.2, pattern="#,##0.###", unit="%"),
    ) == story.figures


async def test_the_same_numbers_are_the_same_story_and_others_another(bench: Bench) -> None:
    first = await tell(bench, WEEK)
    bench.clock.forward(7 * 86_400)

    assert first.id == (await tell(bench, WEEK)).id
    assert first.id != (await tell(bench, {**WEEK, "new_users": 1285})).id


async def test_numbers_are_written_as_the_language_does(bench: Bench) -> None:
    story = await tell(bench, {**WEEK, "growth_pct": -4.25}, language="de")

    assert "This week: 1.284 new users, $48,200 revenue" == story.title
    assert "Growth of -4,25% week over week" == story.text


async def test_fields_reach_into_the_answer(bench: Bench) -> None:
    payload = [{"data": {"users": [1, 2, 3]}, "ok": True}, {"data": {"users": [40]}}]
    story = await tell(
        bench,
        payload,
        title="{users} users",
        summary="{last}.",
        fields={"users": "sum([].data.users[])", "last": "[-1].data.users[0]"},
    )

    assert ("46 users", "40.") == (story.title, story.text)


async def test_a_card_is_shown_as_configured(bench: Bench) -> None:
    card = Card(
        label="Sales", format="$#,##0.0", unit="a day", change="{growth_pct}% week over week", series="h[].v"
    )
    story = await tell(
        bench,
        {"sales": 1234.56, "growth_pct": 12, "h": [{"v": 1}, {"v": "2.5"}]},
        title="{sales}",
        summary="{growth_pct}",
        figures={"sales": card},
    )

    assert (
        Figure(
            label="Sales",
            text="$1,234.6 a day",
            value=1234.56,
            change="+12% week over week",
            series=(1.0, 2.5),
            points=(Point(text="$1.0 a day", value=1.0), Point(text="$2.5 a day", value=2.5)),
            pattern="$#,##0.0",
            unit=" a day",
        ),
    ) == story.figures


async def test_a_series_has_labels(bench: Bench) -> None:
    card = Card(series="h[].v", labels="h[].on", drawn="bars")
    payload = {
        "new_users": 3,
        "revenue": "$1",
        "growth_pct": 1,
        "h": [{"v": 1, "on": "Mon"}, {"v": 3, "on": "Tue"}],
    }
    (figure,) = (await tell(bench, payload, figures={"new_users": card})).figures

    assert [("Mon", "1"), ("Tue", "3")] == [(one.label, one.text) for one in figure.points]
    assert "bars" == figure.drawn


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["Mon"], "'new_users' has 2 numbers and 1 labels"),
        ("Mon", "no list of words"),
        ([{}, 1], "no list of words"),
    ],
)
async def test_labels_that_do_not_fit_are_refused(bench: Bench, labels: Any, words: str) -> None:
    card = Card(series="h", labels="on")
    payload = {"new_users": 3, "revenue": "$1", "growth_pct": 1, "h": [1, 3], "on": labels}
    with pytest.raises(Rejected, match=words):
        await tell(bench, payload, figures={"new_users": card})


def test_labels_without_a_series_are_no_use() -> None:
    with pytest.raises(ValidationError, match="say where that is, too"):
        Metrics(url="https://x.example", title="{a}", summary="", figures={"a": Card(labels="x")})


async def test_headers_are_sent_and_never_shown(bench: Bench) -> None:
    async with Server() as server:
        url = server.put("/stats", json.dumps(WEEK))
        source = Metrics(
            url=url, title=TITLE, summary=SUMMARY, headers={"Authorization": SecretStr("Bearer s3cret")}
        )
        await fetch(bench, source)

        assert "Bearer s3cret" == server.asked[0].headers["authorization"]
        assert "application/json" == server.asked[0].headers["accept"]
        assert "s3cret" not in repr(source)


async def test_a_value_is_text_and_nothing_more(bench: Bench) -> None:
    story = await tell(bench, {**WEEK, "revenue": "{growth_pct}\u202e\x00 <b>"})

    assert "This week: 1,284 new users, {growth_pct} <b> revenue" == story.title


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"new_users": 1, "revenue": 2}, "no field 'growth_pct'; there are: new_users, revenue"),
        ({**WEEK, "revenue": None}, "the field 'revenue' of the metrics API is empty"),
        ({**WEEK, "revenue": ""}, "the field 'revenue' of the metrics API is empty"),
        ({**WEEK, "revenue": [1]}, "'revenue' of the metrics API is no number or text"),
        ({**WEEK, "revenue": True}, "'revenue' of the metrics API is no number or text"),
        (
            '{"new_users": NaN, "revenue": 1, "growth_pct": 1}',
            "'new_users' of the metrics API is no number or text",
        ),
        ({"new_user": 1}, "no field 'new_users'; did you mean 'new_user'?"),
        ({}, "there are: none"),
        ([WEEK], "answered a list, not an object with named fields; say with `fields`"),
        ("3", "answered a int, not an object"),
        ("<html>", "answered application/json that is not JSON; check its address"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\xff", "not JSON"),
    ],
)
async def test_an_answer_that_does_not_fit_is_named(bench: Bench, payload: Any, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        await tell(bench, payload)
    assert words in str(caught.value)


@pytest.mark.parametrize("path", ["sum(a)", "a.b.c", "max_by(a, &x)"])
async def test_a_path_that_finds_nothing_names_its_field(bench: Bench, path: str) -> None:
    with pytest.raises(Rejected, match="the field 'x'"):
        await tell(bench, {"a": "text"}, title="{x}", summary="", fields={"x": path})


async def test_a_series_that_holds_no_numbers_is_named(bench: Bench) -> None:
    with pytest.raises(Rejected, match="series of 'revenue'"):
        await tell(bench, {**WEEK, "h": [1, None]}, figures={"revenue": Card(series="h")})


async def test_a_day_is_no_key_number(bench: Bench) -> None:
    story = await tell(bench, {"n": 5, "since": "2026-11-01T00:00:00Z"}, title="{n} since {since}", summary="")

    assert "5 since 1 November 2026" == story.title
    assert ["N"] == [figure.label for figure in story.figures]


# --- against what was, and page by page


async def test_numbers_are_compared_with_what_is_remembered(bench: Bench) -> None:
    options: dict[str, Any] = {
        "title": "{users} users",
        "summary": "There are {users}.\n{users_change} more than {users_before}, {users_change_pct}%.",
        "compare": "7d",
        "figures": {"users": Card(change="{users_change_pct}% in a week")},
    }
    first = await tell(bench, {"users": 200}, **options)
    assert ("There are 200.", "", ()) == (first.text, first.figures[0].change, first.figures[0].series)

    bench.clock.forward(60)
    await tell(bench, {"users": 210}, **options)  # the same run, called again
    bench.clock.forward(3 * 86_400)
    assert "There are 220." == (await tell(bench, {"users": 220}, **options)).text
    bench.clock.forward(4 * 86_400)
    last = await tell(bench, {"users": 250}, **options)

    assert "There are 250.\n40 more than 210, 19%." == last.text
    assert ("+19% in a week", (210.0, 220.0, 250.0)) == (last.figures[0].change, last.figures[0].series)


async def test_a_headline_that_compares_waits_for_what_it_compares_with(bench: Bench) -> None:
    with pytest.raises(Rejected, match="gave no field 'users_change'"):
        await tell(bench, {"users": 1}, title="{users_change} more", summary="", compare="24h")


async def test_numbers_are_compared_with_the_last_time_however_long_ago_that_was(bench: Bench) -> None:
    options: dict[str, Any] = {"title": "{n} now", "summary": "All {n}.\n{n_change} since {n_before}."}
    assert "All 5." == (await tell(bench, {"n": 5}, compare="last", **options)).text
    bench.clock.forward(3 * 86_400)  # from Friday to Monday
    assert "All 8.\n3 since 5." == (await tell(bench, {"n": 8}, compare="last", **options)).text
    bench.clock.forward(60)
    assert "All 8.\n3 since 5." == (await tell(bench, {"n": 8}, compare="last", **options)).text


async def test_numbers_are_compared_with_an_earlier_one_that_the_answer_holds(bench: Bench) -> None:
    weeks = {"weeks": [{"users": 200}, {"users": 250}]}
    options: dict[str, Any] = {
        "title": "{users} users",
        "summary": "There are {users}.\n{users_change} more than {users_before}, {users_change_pct}%.",
        "fields": {"users": "weeks[-1].users"},
        "before": {"users": "weeks[-2].users"},
        "figures": {"users": Card(change="{users_change_pct}% in a week")},
    }
    story = await tell(bench, weeks, **options)
    assert "There are 250.\n50 more than 200, 25%." == story.text
    assert "+25% in a week" == story.figures[0].change

    alone = await tell(bench, {"weeks": [{"users": 250}]}, **options)
    assert ("There are 250.", "") == (alone.text, alone.figures[0].change)
    assert ["the metrics API says no number at `before.users`: nothing is said of its change"] == bench.notes


async def test_what_was_before_belongs_to_a_field_of_the_answer(bench: Bench) -> None:
    with pytest.raises(Rejected, match="gave no field 'user', as `before` has it; did you mean 'users'"):
        await tell(bench, {"users": 1}, title="{users}", summary="", before={"user": "then"})


@pytest.mark.parametrize("value", ["nonsense", [1], {"at": 1}])
async def test_what_another_version_remembered_is_forgotten(bench: Bench, value: Any) -> None:
    await bench.memory.put("samples", value)

    assert "1 users" == (await tell(bench, {"u": 1}, title="{u} users", summary="", compare="24h")).title


async def test_pages_are_read_to_the_last_one(bench: Bench) -> None:
    options = {"fields": {"sum": "sum([].data[])"}, "title": "{sum}", "summary": ""}
    async with Server() as server:
        server.put("/s", '{"data": [1, 2], "next": "/s?page=2", "more": "b c"}')
        server.put("/s?page=2", '{"data": [3], "next": null}')
        server.put("/s?key=1", '{"data": [1], "more": "b c"}')
        server.put("/s?key=1&after=b+c", '{"data": [8]}')
        (by_address,) = await fetch(bench, Metrics(url=server.url("/s"), next="next", **options))
        (by_cursor,) = await fetch(
            bench, Metrics(url=server.url("/s?key=1"), next="more", cursor="after", **options)
        )
        (one,) = await fetch(bench, Metrics(url=server.url("/s"), next="next", pages=1, **options))

    assert ("6", "9", "3") == (by_address.title, by_cursor.title, one.title)
    assert ["only the first 1 pages of the metrics API were read; raise `pages`"] == bench.notes


async def test_a_next_page_on_another_host_gets_no_credentials(bench: Bench) -> None:
    async with Server() as server, Server() as other:
        url = server.put("/s", json.dumps({"n": 1, "next": other.url("/s")}))
        with pytest.raises(Rejected, match="the next page of the metrics API is on another host"):
            await fetch(bench, Metrics(url=url, next="next", fields={"n": "[0].n"}, title="{n}", summary=""))
        assert [] == other.asked


async def test_wrong_credentials_are_refused(bench: Bench) -> None:
    async with Server() as server:
        with pytest.raises(Refused, match="the metrics API answered 401: access denied; check the credentials"):
            await fetch(bench, Metrics(url=server.put("/s", status=401), title="x", summary="y"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "api.example.com"}, "give the http or https address of an API"),
        ({"title": "{a.b}"}, "only {name} may stand in braces"),
        ({"title": "{0}"}, "only {name} may stand in braces"),
        ({"title": "{a!r}"}, "only {name} may stand in braces"),
        ({"summary": "{a:,}"}, "only {name} may stand in braces"),
        ({"summary": "{}"}, "only {name} may stand in braces"),
        ({"fields": {"users": "a"}, "title": "{user}"}, "{user} is not one of the fields; did you mean 'users'?"),
        ({"fields": {"users": "a["}, "title": "x"}, "fields.users: 'a[' is not a JMESPath"),
        ({"fields": {"users": "a" * 501}, "title": "x"}, "longer than 500 characters"),
        ({"figures": {"a": {"series": "("}}}, "figures.a.series: '(' is not a JMESPath"),
        ({"figures": {"a": {"lable": "x"}}}, "Extra inputs are not permitted"),
        ({"next": "a"}, "`next` makes a list of pages: say with `fields`"),
        ({"cursor": "a"}, "`cursor` needs `next`"),
        ({"fields": {"a": "x"}, "title": "{a_change}"}, "{a_change} is not one of the fields"),
        ({"fields": {"a": "x"}, "before": {"b": "y"}}, "{b} is not one of the fields"),
        ({"fields": {"a": "x", "b": "y"}, "before": {"b": "z"}, "title": "{a_change}"}, "{a_change} is not one"),
        ({"before": {"a": "["}}, "before.a: '[' is not a JMESPath"),
        ({"compare": "lately"}, "7d; or `last`"),
        ({"language": "English"}, "String should match pattern"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Metrics(**{"url": "https://api.example.com/", "title": "{a}", "summary": "", **change})
    assert words in str(caught.value)
