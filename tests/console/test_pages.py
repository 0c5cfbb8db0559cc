"""What the pages of the console say, to a person and to a program."""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from airing import Town
from consoles import Console, serving, troubled
from journals import older
from studio import studio
from watching import HandClock
from yarl import URL

from broadcast import runner
from broadcast.page.markup import VOID

SLOT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "town@2026-11-23T12:00:00Z"
LISTS = ("/shows", "/runs", "/held", "/calendar", "/costs", "/sources", "/log")
OF_RUN = ("", "/stories", "/script", "/prompt")


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return troubled(tmp_path, "FreeStudio", budget={"month": 10})


class Outline(HTMLParser):
    """Sees that every element is closed, and what is in the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[str | None] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append(known.get("src"))
        self.ids += [known["id"] or ""] if "id" in known else []
        self.links += [known["href"] or ""] if "href" in known else []
        self.handlers += [name for name in known if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop(), tag


async def page(console: Console, path: str, status: int = 200) -> str:
    found, text = await console.get(path)
    assert status == found, text
    outline = Outline(text)
    assert len(outline.ids) == len(set(outline.ids))
    assert all(src is not None and src.startswith("/assets/") for src in outline.scripts)
    assert [] == outline.handlers
    return text


async def test_over_an_empty_journal_every_page_says_what_there_is_not(town: Town, database: str) -> None:
    town.on(database)
    async with serving(town) as console:
        for path in LISTS:
            await page(console, path)
            assert isinstance(await console.data(f"{path}.json"), dict)
        assert "never aired" in await page(console, "/shows")
        assert "Nothing needs you." in await page(console, "/held")
        assert "Nothing was spent yet." in await page(console, "/costs")


async def test_every_page_of_a_run_and_of_its_show_says_what_became_of_it(town: Town, database: str) -> None:
    town.on(database)
    assert "unfinished" == (await town.air(SLOT)).status
    async with serving(town, clock=HandClock(SLOT + timedelta(minutes=5))) as console:
        text = await page(console, f"/runs/{RUN}")
        assert "The service does not take it from us: credentials, rights or credit." in text
        assert "Tried before: url: the service says refused" in text or "the service says refused" in text
        assert "It may have happened: no answer came." in text
        assert f'href="/runs/{RUN}/settle?item=deliver%2Fmain%2Fdoubt%2F%40who"' in text
        assert f'href="/runs/{RUN}/retry?channel=lost"' in text
        assert f'href="/runs/{RUN}/retract?channel=chat"' in text
        for words in (
            "Sources asked",
            "Script written",
            "Render asked for: FreeStudio, attempt 1",
            "Sent to chat @town",
        ):
            assert words in text, words

        script = await page(console, f"/runs/{RUN}/script")
        assert "word for word" in script
        assert "<mark>900</mark> homes" in script
        stories = await page(console, f"/runs/{RUN}/stories")
        assert 2 == stories.count(">chosen<")
        assert stories.count(">left out<") >= 2  # and why
        assert "the service says unavailable" in stories
        assert "No renderer was sent words" in await page(console, f"/runs/{RUN}/prompt")

        show = await page(console, "/shows/town")
        assert "13:00 in Europe/Berlin" in show
        assert "$10.00 a month" in show
        held = await page(console, "/held")
        assert "Sent to doubt @who" in held
        assert "--sent (or --not-sent)" in held
        assert "failed once" in await page(console, "/sources")
        calendar = await page(console, "/calendar")
        assert 7 == calendar.count("13:00 in Europe/Berlin")


async def test_every_page_has_a_twin_for_programs(town: Town) -> None:
    await town.air(SLOT)
    async with serving(town) as console:
        for path in (*LISTS, "/shows/town", *(f"/runs/{RUN}{part}" for part in OF_RUN)):
            twin = await console.data(f"{path}.json")
            status, text = await console.get(path, Accept="application/json")
            assert (200, twin) == (status, json.loads(text)), path
        run = await console.data(f"/runs/{RUN}.json")
        assert "unfinished" == run["whole"]["row"]["status"]
        assert {"chat", "lost", "doubt"} == {one["channel"] for one in run["deliveries"]}
        assert RUN == (await console.data("/runs.json"))["runs"][0]["run"]
        status, text = await console.get("/runs/nobody@2026-11-23T12:00:00Z.json")
        assert (404, True) == (status, "there is no run" in json.loads(text)["error"])


async def test_what_is_not_there_is_said_in_words(town: Town) -> None:
    async with serving(town) as console:
        for path in ("/nowhere", "/shows/nobody", f"/runs/{RUN}", f"/runs/{RUN}/script", f"/runs/{RUN}/live",
                     "/runs?page=0", "/runs?page=x", "/runs?status=odd", f"/runs/{RUN}/settle?item=x",
                     "/runs/x/files/main/video", "/shows/town/previews/1", "/shows/nobody/pause"):  # fmt: skip
            text = await page(console, path, 404)
            assert "There is no such page" in text, path
        assert "has no file in the config folder" in await page(console, "/shows/nobody/air", 409)


async def test_odd_addresses_are_no_pages(town: Town, database: str) -> None:
    town.on(database)
    async with serving(town) as console:
        for odd in ("%00", "%ff%fe", "..%2f..%2fetc", "a" * 4000, "%0d%0aX:%20y", "%F0%9F%92%A9"):
            for path in (f"/runs/{odd}", f"/shows/{odd}", f"/runs/{odd}/live", f"/runs/{odd}/files/main/video"):
                async with console.session.get(URL(console.address + path, encoded=True)) as answer:
                    assert 404 == answer.status, (path, await answer.text())
            async with console.session.get(URL(f"{console.address}/runs?show={odd}", encoded=True)) as answer:
                assert answer.status in (200, 404), odd


async def test_lists_are_paged(town: Town, database: str) -> None:
    town.on(database)
    async with runner.on_duty(town.settings) as station:
        for number in range(120):
            run = await station.runs.claim("town", SLOT + timedelta(seconds=number), grace=timedelta(hours=1))
            await run.put_down()  # type: ignore[union-attr]
            station.runs.done(run)  # type: ignore[arg-type]
    async with serving(town) as console:
        pages = [await console.data(f"/runs.json?page={number}&show=town") for number in (1, 2, 3)]
        assert [(50, True), (50, True), (20, False)] == [(len(one["runs"]), one["more"]) for one in pages]
        assert 120 == len({run["run"] for one in pages for run in one["runs"]})
        text = await page(console, "/runs?page=2&show=town")
        assert 'href="/runs?show=town&amp;page=1"' in text
        assert 'href="/runs?show=town&amp;page=3"' in text
        assert "There is none." in await page(console, "/runs?page=4")


async def test_a_video_plays_in_parts_and_a_pruned_one_is_gone_in_words(town: Town) -> None:
    await town.air(SLOT)
    async with serving(town) as console:
        address = f"/runs/{RUN}/files/main/video"
        async with console.session.get(console.address + address, headers={"Range": "bytes=10-19"}) as answer:
            assert (206, 10) == (answer.status, len(await answer.read()))
            assert answer.headers["Content-Range"].startswith("bytes 10-19/")
            assert "video/mp4" == answer.content_type
        assert 404 == (await console.get(f"/runs/{RUN}/files/other/video"))[0]
        assert 404 == (await console.get(f"/runs/{RUN}/files/main/passwd"))[0]

        for path in (town.folder / "data" / "archive").rglob("*.mp4"):
            path.unlink()
        assert "The file is gone from the archive" in await page(console, f"/runs/{RUN}")
        assert "gone from the archive" in await page(console, address, 410)


async def test_a_journal_that_points_out_of_the_archive_gives_no_file(town: Town, tmp_path: Path) -> None:
    await town.air(SLOT)
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    inside = next((town.folder / "data" / "archive").rglob("*.mp4"))
    inside.unlink()
    inside.symlink_to(secret)
    async with serving(town) as console:
        status, text = await console.get(f"/runs/{RUN}/files/main/video")
        assert (410, False) == (status, "hunter2" in text)


async def test_the_exact_words_that_the_renderer_was_sent_are_shown(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        report = await one.air()
        async with serving(one.town) as console:
            text = await page(console, f"/runs/{report.run}/prompt")
            assert "To heygen, edition main, attempt 1" in text
            prompts = (await console.data(f"/runs/{report.run}/prompt.json"))["prompts"]
            assert {"submit/main/heygen/1": one.heygen.renders[0].asked["prompt"]} == prompts
            assert "renders since" not in await page(console, f"/runs/{report.run}")


async def test_numbers_are_written_as_the_browser_asks(town: Town) -> None:
    async with serving(town) as console:
        _, text = await console.get("/costs", **{"Accept-Language": "xx-nonsense, de-DE;q=0.9, en;q=0.1"})
        assert "0,00\xa0$" in text
        for odd in ("", "*", "de;q=x", "a" * 5000, "../../etc", "root", "zh-Hant-TW"):
            assert 200 == (await console.get("/costs", **{"Accept-Language": odd}))[0]


async def test_a_secret_in_the_journal_is_shown_nowhere(town: Town) -> None:
    await town.air(SLOT)
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        db.execute("UPDATE run SET report = replace(report, 'Velmora', 'hunter2-is-a-secret')")
        db.execute("UPDATE item SET result = replace(result, 'Velmora', 'hunter2-is-a-secret')")
    db.close()
    async with serving(town) as console:
        for part in OF_RUN:
            for twin in ("", ".json"):
                status, text = await console.get(f"/runs/{RUN}{part}{twin}")
                assert (200, False) == (status, "hunter2" in text)


async def test_an_older_journal_is_brought_up_to_date_and_shown(tmp_path: Path) -> None:
    town = Town(tmp_path)
    (tmp_path / "journal.url").write_text(f"sqlite:///{tmp_path / 'data' / 'broadcast.db'}")
    (tmp_path / "data").mkdir()
    older(tmp_path, 3)
    async with serving(town) as console:
        for path in LISTS:
            await page(console, path)


async def test_a_journal_that_goes_away_is_said_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(town) as console:
        await page(console, "/shows")
        console.station.store.close()
        assert "the journal is closed" in await page(console, "/shows", 503)


async def test_a_show_whose_file_broke_is_said_so(town: Town) -> None:
    async with serving(town) as console:
        (town.folder / "config" / "town.yaml").write_text("title: [")
        console.house.shelf.look(now=True)
        assert "broken file" in await page(console, "/shows")
        assert "town.yaml" in await page(console, "/held")
        (town.folder / "config" / "town.yaml").unlink()
        await town.air(SLOT, name="town")
        console.house.shelf.look(now=True)
        text = await page(console, "/shows/town")
        assert "Air now" not in text
        assert "no file any more" in await page(console, "/shows")


async def test_a_show_that_is_left_to_another_process_is_not_said_to_have_no_file(town: Town) -> None:
    await town.air(SLOT)
    (town.folder / "config" / "other.yaml").write_text((town.folder / "config" / "town.yaml").read_text())
    async with serving(town, only=frozenset({"other"})) as console:
        text = await page(console, "/shows")

    assert "not aired from here" in text
    assert "no file any more" not in text


# --- hostile text

SIGNS = "\u202e\u2066\u200f"
EVIL = (
    f"{SIGNS}</title></textarea><script>document.title='pwned'</script><img src=x onerror=alert(1)>\"'onfocus=x //"
)


def poisoned(value: Any, key: str = "") -> Any:
    """Return a tree of JSON with every text in it hostile, but those that another one is found by."""
    names = ("run", "show", "slot", "status", "at", "kind", "item", "key", "story", "source", "id", "sha256",
             "path", "poster", "vtt", "srt", "gif", "worked", "pool", "editions")  # fmt: skip
    if isinstance(value, dict):
        return {name: poisoned(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one, key) for one in value]
    if isinstance(value, str) and key in ("url", "page"):
        return f"javascript:alert(1)//{EVIL}"
    return EVIL if isinstance(value, str) and key not in names else value


async def test_hostile_text_in_every_field_of_every_page_stays_text(town: Town) -> None:
    town.tree["title"] = EVIL
    town.tree["channels"]["doubt"]["to"] = [EVIL.replace("/", "-")[:60]]
    town.file()
    await town.air(SLOT)
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        for table, key, column in (("run", "id", "report"), ("item", "rowid", "result"), ("item", "rowid", "kept")):
            for id, text in db.execute(f"SELECT {key}, {column} FROM {table}").fetchall():
                if text:
                    db.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {key} = ?",
                        (json.dumps(poisoned(json.loads(text))), id),
                    )
        db.execute("UPDATE item SET kept = ? WHERE key LIKE 'submit/%'", (json.dumps({"prompt": EVIL}),))
        for name, value in db.execute("SELECT scope, value FROM memory WHERE name = 'health'").fetchall():
            db.execute(
                "UPDATE memory SET value = ? WHERE scope = ?", (json.dumps(poisoned(json.loads(value))), name)
            )
        db.execute(
            "INSERT INTO audit VALUES ('1', 1, ?, ?, ?, 'town', ?, ?, ?, 'done', ?, 1)",
            (EVIL,) * 3 + (RUN,) + (EVIL,) * 3,
        )
        db.execute("INSERT INTO pause VALUES ('town', 1, ?, NULL, NULL)", (EVIL,))
        db.execute("INSERT INTO spending VALUES (?, ?, ?, ?, 1, NULL, 9e9)", (RUN, EVIL, EVIL, EVIL))
        db.execute(
            "INSERT INTO run VALUES (?, ?, '2026-11-24T12:00:00Z', '', 'failed', 1, 0, NULL, NULL, 1, 1, 1)",
            (f"{EVIL}@x", EVIL),
        )
    db.close()
    async with serving(town) as console:
        odd = f"/shows/{quote(EVIL, safe='')}"
        doubt = (await console.data("/held.json"))["doubts"]
        paths = [*LISTS, "/shows/town", odd, f"{odd}/pause", *(f"/runs/{RUN}{part}" for part in OF_RUN),
                 f"/runs/{quote(f'{EVIL}@x', safe='')}", f"/runs/{RUN}/retract?channel={quote(EVIL)}",
                 f"/runs/{RUN}/settle?item={quote(doubt[0]['key'])}", f"/runs?show={quote(EVIL)}"]  # fmt: skip
        seen = 0
        for path in paths:
            text = await page(console, path)
            assert "<img" not in text, path
            assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", text), path
            assert 'href="javascript' not in text, path
            seen += text.count("&lt;script&gt;")
        assert seen > 50
        status, text = await console.get(f"/{quote(EVIL, safe='')}")
        assert (404, False) == (status, "<img" in text)
