"""The console's page of a gate: what is asked, edited, proven, answered; by whom it may be, and for the journal."""

import asyncio
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from consoles import HASH, PASSWORD, Console, serving

SLOT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "town@2026-11-23T12:00:00Z"
PATH = f"/runs/{RUN}/gates/script/main"
HOSTILE = '<script>alert(1)</script>"><img src=x> \u202eevil'


def asking(folder: Path, **approval: Any) -> Town:
    town = Town(folder)
    town.tree["approval"] = {"script": True, "wait": "8760h", **approval}
    town.file()
    return town


def fields(page: str) -> dict[str, str]:
    """Return the sentences that a page has fields for, by their names."""
    found = re.findall(r'<textarea id="(s\d+\.\d+)"[^>]*>([^<]*)</textarea>', page)
    return {name: unescape(text) for name, text in found}


async def asked(console: Console) -> dict[str, str]:
    console.house.air("town", SLOT)
    await console.settled()
    status, page = await console.get(PATH)
    assert 200 == status, page
    return fields(page)


async def test_what_needs_you_leads_to_the_question_and_the_answer_lets_the_run_go_on(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        sentences = await asked(console)
        held = (await console.get("/held"))[1]
        assert "Waits for your answer" in held
        assert f'href="/runs/{RUN}/gates/script/main"' in held
        assert f'href="/runs/{RUN}/gates/script/main"' in (await console.get(f"/runs/{RUN}"))[1]
        assert len(sentences) > 5

        assert (303, f"/runs/{RUN}") == await console.post(PATH, answer="approve", note="go", **sentences)
        await console.settled()
        data = await console.data(f"/runs/{RUN}.json")
        assert "aired" == data["whole"]["row"]["status"]
        [entry] = await console.station.audit.newest(limit=9, run=RUN)
        assert ("local", "console", "approve", "go") == (entry.who, entry.via, entry.deed, entry.said)
        page = (await console.get(PATH))[1]
        assert "<textarea" not in page
        assert "local was first: the script was approved." in page


async def test_an_edited_sentence_is_accepted_where_its_source_bears_it(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        sentences = await asked(console)
        name = next(name for name, text in sentences.items() if "48 million euros" in text)
        sentences[name] = "The project costs 48 million euros."
        status, page = await console.post(PATH, answer="check", **sentences)
        assert (200, True) == (status, "The sources bear it: approve it now." in page)
        assert "<ins" in page
        assert sentences == fields(page), "nothing of what was written is lost"
        assert None is (await console.data(f"{PATH}.json"))["gate"]["verdict"]

        assert 303 == (await console.post(PATH, answer="approve", **sentences))[0]
        await console.settled()
        said = (await console.get(f"/runs/{RUN}/script"))[1]
        assert "main, as it was edited" in said
        assert "approved, as edited" in (await console.get(f"/runs/{RUN}"))[1]


async def test_what_the_source_does_not_bear_is_said_beside_what_was_written(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        sentences = await asked(console)
        name = next(name for name, text in sentences.items() if "48 million euros" in text)
        sentences[name] = "The project costs 84 million euros <b>and</b> more."
        status, page = await console.post(PATH, answer="approve", note="my note", **sentences)
        assert 400 == status
        assert "nothing was answered" in page
        assert re.search("L3: “84000000 euros” is not in the quotes", unescape(re.sub("<[^>]+>", "", page)))
        assert sentences == fields(page)
        assert "my note" in page
        assert "<b>and" not in page
        assert not console.house.crew.left()
        assert None is (await console.data(f"{PATH}.json"))["gate"]["verdict"]


async def test_rejecting_needs_no_good_script(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        sentences = await asked(console)
        broken = dict.fromkeys(sentences, "Nonsense 12345.")
        assert 303 == (await console.post(PATH, answer="reject", note="no", **broken))[0]
        await console.settled()
        assert "failed" == (await console.data(f"/runs/{RUN}.json"))["whole"]["row"]["status"]


async def test_of_two_people_at_once_one_answers(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        sentences = await asked(console)
        _, page = await console.get(PATH)
        token = re.findall(r'name="token" value="([^"]+)"', page)[-1]
        done = await asyncio.gather(
            *(console.post(PATH, token, answer=answer, **sentences) for answer in ("approve", "reject") * 4)
        )
        await console.settled()
        assert 1 == [status for status, _ in done].count(303)
        assert all("was first" in said for status, said in done if status != 303)
        assert 1 == len(await console.station.audit.newest(limit=50, run=RUN))


async def test_only_the_named_may_answer(tmp_path: Path) -> None:
    async with serving(asking(tmp_path, by=["ann"]), password_hash=None) as console:
        sentences = await asked(console)
        page = (await console.get(PATH))[1]
        assert {} == sentences
        assert "You are known here as local: not among those who may answer." in page
        token = re.findall(r'name="token" value="([^"]+)"', (await console.get("/shows/town/air"))[1])[-1]
        status, said = await console.post(PATH, token, answer="approve")
        assert (409, True) == (status, "not among those who may answer" in said)


async def test_who_signs_in_under_a_name_answers_as_such(tmp_path: Path) -> None:
    from pydantic import SecretStr

    async with serving(asking(tmp_path, by=["ann"]), password_hash=SecretStr(HASH)) as console:
        console.house.air("town", SLOT)
        await console.settled()
        async with console.session.post(
            f"{console.address}/login", data={"name": "ann", "password": PASSWORD}, allow_redirects=False
        ) as answer:
            assert 303 == answer.status
        sentences = fields((await console.get(PATH))[1])
        assert 303 == (await console.post(PATH, answer="approve", **sentences))[0]
        [entry] = await console.station.audit.newest(limit=9, run=RUN)
        assert "ann" == entry.who


async def test_a_form_without_its_token_answers_nothing(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        sentences = await asked(console)
        assert 403 == (await console.post(PATH, "wrong", answer="approve", **sentences))[0]


async def test_the_video_is_played_beside_its_question(tmp_path: Path) -> None:
    async with serving(asking(tmp_path, script=False, video=True)) as console:
        console.house.air("town", SLOT)
        await console.settled()
        path = f"/runs/{RUN}/gates/video/main"
        page = (await console.get(path))[1]
        assert f'src="/runs/{RUN}/files/main/video"' in page
        assert "may this video be published?" in page
        assert 303 == (await console.post(path, answer="approve"))[0]
        await console.settled()
        assert "aired" == (await console.data(f"/runs/{RUN}.json"))["whole"]["row"]["status"]


async def test_no_page_and_no_twin_tells_what_answers_a_question(tmp_path: Path) -> None:
    async with serving(asking(tmp_path)) as console:
        await asked(console)
        [gate] = await console.station.approvals.of_run(RUN)
        for path in (PATH, f"/runs/{RUN}", "/held"):
            for text in ((await console.get(path))[1], (await console.get(f"{path}.json"))[1]):
                assert gate.key not in text
                assert gate.token not in text


@pytest.mark.parametrize(
    "path", [f"/runs/{RUN}/gates/script/de", f"/runs/{RUN}/gates/video/main", "/runs/none/gates/script/main"]
)
async def test_a_question_that_was_not_asked_has_no_page(tmp_path: Path, path: str) -> None:
    async with serving(asking(tmp_path)) as console:
        await asked(console)
        assert 404 == (await console.get(path))[0]


async def test_hostile_words_are_words(tmp_path: Path) -> None:
    town = asking(tmp_path)
    town.tree["title"] = HOSTILE
    town.file()
    async with serving(town) as console:
        await asked(console)
        page = (await console.get(PATH))[1]
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page
