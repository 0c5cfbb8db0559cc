import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.material.figures import dated
from broadcast.sources.prometheus import Prometheus
from broadcast.testing import Bench, Server
from broadcast.testing.wire import Raw, Reply, Request
from broadcast.types import Figure, Story


class Monitor(Server):
    """Answers as Prometheus does: values are text, and a query without data has an empty result."""

    def __init__(self, **series: Any) -> None:
        super().__init__()
        self.series, self.queries = series, []  # type: ignore[var-annotated]

    async def respond(self, request: Request) -> Reply | Raw:
        if not request.path.startswith("/api/v1/query") or request.path in self.pages:
            return await super().respond(request)
        query = dict(request.query)
        self.queries.append((request.path, query, request.headers))
        values = self.series.get(query["query"])
        ranged = request.path.endswith("range")
        if values is None:
            result: list[Any] = []
        elif ranged:
            start, step = float(query["start"]), float(query["step"])
            first = 60 - len(values) + 1
            result = [
                {"metric": {}, "values": [[start + (first + n) * step, str(v)] for n, v in enumerate(values)]}
            ]
        else:
            result = [{"metric": {}, "value": [float(query["time"]), str(values[-1])]}]
        body = {"status": "success", "data": {"resultType": "matrix" if ranged else "vector", "result": result}}
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def fetch(bench: Bench, server: Server, **options: Any) -> Sequence[Story]:
    settings = {"title": "{users} users", "summary": "So many.", "queries": {"users": "sum(up)"}, **options}
    async with bench.tools() as tools:
        return await Prometheus(url=server.url("/"), **settings).fetch(tools, bench.clock.now())


async def test_a_query_is_a_number_of_now(bench: Bench) -> None:
    async with Monitor(**{"sum(up)": [1284.0]}) as server:
        (story,) = await fetch(bench, server, headers={"Authorization": SecretStr("Bearer s3cret")})

        assert ("1,284 users", "So many.") == (story.title, story.text)
        assert (Figure(label="Users", text="1,284", value=1284.0, pattern="#,##0.###"),) == story.figures
        path, query, headers = server.queries[0]
        assert ("/api/v1/query", f"{bench.clock.now().timestamp():.3f}") == (path, query["time"])
        assert "Bearer s3cret" == headers["authorization"]


async def test_a_window_compares_and_draws(bench: Bench) -> None:
    values = [200.0 + number for number in range(60)] + [250.0]
    async with Monitor(**{"sum(up)": values}) as server:
        (story,) = await fetch(
            bench,
            server,
            window="7d",
            summary="From {users_before}: {users_change} or {users_change_pct}% more.",
            figures={"users": {"label": "Users", "unit": "online", "change": "{users_change_pct}% in a week"}},
            language="de",
        )

    assert "From 200: 50 or 25% more." == story.text
    (figure,) = story.figures
    assert ("250 online", "+25% in a week", 61) == (figure.text, figure.change, len(figure.series))
    assert (200.0, 250.0) == (figure.series[0], figure.series[-1])
    end = bench.clock.now()
    assert ("line", dated(end, timedelta(days=7), "de"), "250 online") == (
        figure.drawn, figure.points[-1].label, figure.points[-1].text,
    )  # fmt: skip
    assert dated(end - timedelta(days=7), timedelta(days=7), "de") == figure.points[0].label


def test_points_are_dated_as_the_language_writes_days_and_hours() -> None:
    moment = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
    week, day = timedelta(days=7), timedelta(days=1)
    assert ["23. Nov.", "11月23日", "Nov 23"] == [dated(moment, week, each) for each in ("de", "ja", "xx")]
    assert ["17:05", "17:05"] == [dated(moment, day, each) for each in ("de", "ja")]


async def test_a_change_without_a_before_is_not_made_up(bench: Bench) -> None:
    async with Monitor(short=[5.0, 6.0], zero=[0.0] * 60 + [5.0]) as server:
        with pytest.raises(Rejected, match="Prometheus gave no field 'a_before'; there are: a"):
            await fetch(bench, server, queries={"a": "short"}, title="{a_before}", window="7d")
        with pytest.raises(Rejected, match="Prometheus gave no field 'a_change_pct'"):
            await fetch(bench, server, queries={"a": "zero"}, title="{a_change_pct}", window="7d")
        card = {"change": "{a_change_pct}%"}
        lines = {"title": "{a}", "summary": "Now {a}.\n{a_change} more.", "window": "7d", "figures": {"a": card}}
        (young,) = await fetch(bench, server, queries={"a": "short"}, **lines)
        assert ("Now 6.", "") == (young.text, young.figures[0].change)
        (story,) = await fetch(bench, server, queries={"a": "zero"}, title="from {a_before} to {a}", window="7d")
        assert "from 0 to 5" == story.title


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"data": {"result": []}}, "the query 'users' finds no data; try it in Prometheus's own page"),
        ({"data": {"result": [{"value": [1, "1"]}] * 2}}, "the query 'users' finds 2 series; make one of them"),
        ({"data": {"result": [{"value": [1, "NaN"]}]}}, "the query 'users' finds no number"),
        ({"data": {"result": [{"value": None}]}}, "the query 'users' finds no number"),
        ({"data": {"result": [None]}}, "something else than a result; check `url`"),
        ({"data": None}, "something else than a result; check `url`"),
        ([], "something else than a result"),
        ("<html>", "that is not JSON; check its address"),
        ("", "that is not JSON"),
    ],
)
async def test_an_answer_that_does_not_fit_is_named(bench: Bench, body: Any, words: str) -> None:
    async with Monitor() as server:
        server.put("/api/v1/query")
        query = f"/api/v1/query?query=sum%28up%29&time={bench.clock.now().timestamp():.3f}"
        server.put(query, body if isinstance(body, str) else json.dumps(body))
        with pytest.raises(Rejected) as caught:
            await fetch(bench, server)
    assert words in str(caught.value)


async def test_a_scalar_is_a_number_too(bench: Bench) -> None:
    async with Monitor() as server:
        query = f"/api/v1/query?query=sum%28up%29&time={bench.clock.now().timestamp():.3f}"
        server.put("/api/v1/query")
        server.put(query, '{"data": {"resultType": "scalar", "result": [1, "7"]}}')
        (story,) = await fetch(bench, server)
    assert "7 users" == story.title


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [(400, Rejected, "the query 'users' may be no PromQL"), (401, Refused, "401"), (503, Unavailable, "503")],
)
async def test_a_refusal_is_classified(bench: Bench, status: int, kind: type[Exception], words: str) -> None:
    async with Monitor() as server:
        server.put("/api/v1/query")
        server.put(f"/api/v1/query?query=sum%28up%29&time={bench.clock.now().timestamp():.3f}", status=status)
        with pytest.raises(kind, match=words):
            await fetch(bench, server)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "x"}, "give the http or https address of a Prometheus"),
        ({"title": "{user}"}, "{user} is not one of the queries; did you mean 'users'?"),
        ({"title": "{users_before}"}, "{users_before} is not one of the queries; say how far back with `window`"),
        ({"figures": {"user": {}}}, "figures.user is not one of the queries; did you mean 'users'?"),
        ({"figures": {"users": {"series": "x"}}}, "the line is drawn from `window`; leave it out"),
        ({"queries": {}}, "at least 1 item"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(change: dict[str, Any], words: str) -> None:
    settings = {"url": "http://x/", "queries": {"users": "up"}, "title": "{users}", "summary": "", **change}
    with pytest.raises(ValidationError) as caught:
        Prometheus(**settings)
    assert words in str(caught.value)
