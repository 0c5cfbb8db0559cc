import io
import os
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import pytest

from broadcast.errors import ConfigError, Rejected
from broadcast.material.documents import title_of
from broadcast.sources.notes import Notes
from broadcast.testing import Bench, FakeClock
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
MINUTES = """---
# All hands

## Hiring
We hired **two** engineers.
They start on [Monday](https://x.example).

- [x] Offers are signed
- Laptops are ordered

## Product
### Beta
The beta opens in `December`.

| a | table |
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "notes").mkdir()
    return Bench(tmp_path / "notes", FakeClock(NOW))


def write(bench: Bench, name: str, body: str | bytes, *, hours: float = 1) -> Path:
    path = bench.folder / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    at = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (at, at))
    return path


async def fetch(bench: Bench, path: Path | None = None, **options: Any) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await Notes(path=path or bench.folder, **options).fetch(tools, NOW - timedelta(days=7))


def pdf(*lines: str) -> bytes:
    """A PDF as small as can be, with real text in it."""
    shown = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
    stream = f"BT /F1 12 Tf 50 700 Td {shown}ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + table
    return bytes(out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start)


def word(*paragraphs: tuple[str, str]) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    document.save(out)
    return out.getvalue()


async def test_each_heading_of_a_note_is_a_story(bench: Bench) -> None:
    write(bench, "2026-11-23_all-hands.md", MINUTES)
    hiring, product = await fetch(bench, publisher="Us", tags=("team",))

    assert "All hands: Hiring" == hiring.title
    text = "We hired two engineers. They start on Monday.\nOffers are signed.\nLaptops are ordered."
    assert (text, NOW - timedelta(hours=1), "Us", ("team",)) == (
        hiring.text,
        hiring.at,
        hiring.publisher,
        hiring.tags,
    )
    assert ("All hands: Product", "Beta: The beta opens in December.") == (product.title, product.text)


async def test_a_whole_note_can_be_one_story(bench: Bench) -> None:
    path = write(bench, "x.md", MINUTES)
    (story,) = await fetch(bench, path, headings=False)

    assert "All hands" == story.title
    assert story.text.startswith("Hiring: We hired two engineers.")


async def test_the_newest_files_of_a_folder_are_read(bench: Bench) -> None:
    write(bench, "old.md", "Long ago.", hours=24 * 30)
    write(bench, "a-standup.txt", "Ada fixed it.", hours=3)
    write(bench, "b-standup.md", "Bob broke it.", hours=2)
    write(bench, "picture.png", b"\x89PNG")
    write(bench, ".hidden.md", "No.")
    (bench.folder / "folder.md").mkdir()

    assert ["b standup", "a standup"] == [story.title for story in await fetch(bench)]
    assert ["b standup"] == [story.title for story in await fetch(bench, limit=1)]
    assert ["a standup"] == [story.title for story in await fetch(bench, like="a-*")]


async def test_word_and_pdf_are_read(bench: Bench) -> None:
    parts = [("Title", "Board"), ("Heading 1", "Money"), ("Normal", "We have some."), ("Heading 1", "Time")]
    write(bench, "board.docx", word(*parts, ("List Bullet", "We have none")), hours=1)
    write(bench, "report.pdf", pdf("Sales rose by 4 percent.", "Costs fell."), hours=2)
    stories = await fetch(bench)

    assert ["Money", "Time", "report"] == [story.title.removeprefix("Board: ") for story in stories]
    assert ["We have some.", "We have none."] == [story.text for story in stories[:2]]
    assert "Sales rose by 4 percent." in stories[2].text


async def test_a_changed_part_is_another_story_and_an_unchanged_one_is_the_same(bench: Bench) -> None:
    write(bench, "x.md", MINUTES)
    before = await fetch(bench)
    write(bench, "x.md", MINUTES.replace("December", "January"))
    after = await fetch(bench)

    assert before[0].id == after[0].id
    assert before[1].id != after[1].id


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 60_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("x.pdf", b"not a pdf", "the document is no PDF that can be read"),
        ("x.pdf", pdf(), "x.pdf holds no text; it may be scanned: pictures of text are not read"),
        ("x.docx", b"PK\x03\x04", "the document is no .docx that can be read"),
        ("x.docx", bomb(), "the document unpacks to more than the 50 MB that are read"),
        ("x.md", b"", "x.md holds no text"),
        ("x.txt", b"x" * 10_000_001, "x.txt is larger than the 10 MB that are read"),
    ],
)
async def test_a_document_that_cannot_be_read_is_noted_and_the_others_are_told(
    bench: Bench, name: str, body: bytes, words: str
) -> None:
    path = write(bench, name, body)
    with pytest.raises(Rejected) as caught:
        await fetch(bench, path)
    assert words in str(caught.value)

    write(bench, "good.md", "It went well.")
    assert ["good"] == [story.title for story in await fetch(bench)]
    assert words in bench.notes[0]


async def test_a_place_that_is_not_there_is_named(bench: Bench) -> None:
    assert [] == await fetch(bench)
    with pytest.raises(Rejected, match=r"the notes: .*/nothing\.md cannot be read: No such file or directory"):
        await fetch(bench, bench.folder / "nothing.md")
    with pytest.raises(Rejected, match=r"nowhere cannot be read: No such file or directory; check `path`"):
        await fetch(bench, bench.folder / "nowhere")
    with pytest.raises(Rejected, match=r"x\.png is none of \.md, \.markdown, \.txt, \.pdf, \.docx"):
        await fetch(bench, bench.folder / "x.png")


def test_a_file_s_name_is_its_title_where_it_has_none() -> None:
    assert "2026-11-20 all hands" == title_of("2026-11-20_all-hands.md")


async def test_without_its_extra_it_says_what_to_install(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    Notes(path=bench.folder).ready()
    with pytest.raises(ConfigError, match=r"\.pdf files need an extra .*: `pip install broadcast\[documents\]`"):
        Notes(path=bench.folder, like="*.pdf").ready()
    write(bench, "x.pdf", pdf("Words."))
    with pytest.raises(Rejected, match=r"x\.pdf is left out: \.pdf files need an extra"):
        await fetch(bench)
