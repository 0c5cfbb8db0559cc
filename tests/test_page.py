"""The pages say what aired and where it comes from, and nothing that is put into them becomes markup."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.page import Record, index_page, place, run_page, script_text
from broadcast.page.markup import Html, host, joined, tag
from broadcast.page.words import WORDS, direction
from broadcast.scripting.captions import caption
from tests.posts import SLOT, VTT, a_post, a_story, a_video

VOID = {"br", "img", "link", "meta", "track"}
HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"


class Page(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and the text in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data.strip()))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for element, attributes in self.elements if element == name]

    def meta(self, name: str) -> str | None:
        found = [m["content"] for m in self.all("meta") if name in (m.get("property"), m.get("http-equiv"))]
        return found[0] if found else None

    def text(self, name: str) -> list[str]:
        return [data for element, data in self.texts if element == name]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.of(a_post(a_video(tmp_path)))


def test_a_run_page_plays_the_video_that_lies_beside_it(record: Record) -> None:
    page = Page(run_page(record))
    (video,) = page.all("video")
    (track,) = page.all("track")
    assert (video["src"], video["poster"], video["width"]) == ("video.mp4", "poster.jpg", "1920")
    assert "controls" in video
    assert (track["src"], track["srclang"], track["kind"]) == ("captions.vtt", "en", "captions")


def test_captions_for_a_page_that_is_opened_as_a_file_are_part_of_it(record: Record) -> None:
    (track,) = Page(run_page(record, VTT)).all("track")
    kind, _, data = str(track["src"]).partition(",")
    assert kind == "data:text/vtt;base64"
    assert base64.b64decode(data).decode() == VTT


def test_a_video_without_web_captions_has_no_track_and_no_link_to_one(tmp_path: Path) -> None:
    page = Page(run_page(Record.of(a_post(a_video(tmp_path, vtt=None, srt=None, poster=None)))))
    assert page.all("track") == []
    assert [a["href"] for a in page.all("a") if "href" in a and "captions" in str(a["href"])] == []
    assert "poster" not in page.all("video")[0]


def test_a_run_page_shows_every_sentence_beside_its_source(record: Record) -> None:
    html = run_page(record)
    page = Page(html)
    assert page.text("h3") == ["Ferry line adds 12 boats"]
    assert page.text("p")[-3:] == [
        "Good evening.",
        "Twelve boats join. The fleet grows to 40.",
        "Thank you for watching.",
    ]
    assert "Made by a machine." in page.text("p")
    link = next(a for a in page.all("a") if a.get("href") == "https://www.news.example/ferries")
    assert link["rel"] == "noopener nofollow ugc"
    assert page.text("bdi")[-1] == "Harbour Post"
    assert "news.example" in page.text("span")
    assert page.text("time") == ["Monday, 23 November 2026", "0:58"]
    assert {"captions.srt", "captions.vtt", "script.txt", "video.mp4"} <= {a.get("href") for a in page.all("a")}


def test_what_was_not_aired_is_on_no_page_and_in_no_record(tmp_path: Path) -> None:
    record = Record.of(a_post(a_video(tmp_path)))
    for text in (run_page(record), index_page([record]), record.model_dump_json(), script_text(record)):
        assert "newsroom" not in text
        assert str(tmp_path) not in text


def test_the_index_plays_the_newest_run_and_lists_the_others(record: Record) -> None:
    earlier = [record.model_copy(update={"slot": SLOT - timedelta(days=n), "title": f"Day {n}"}) for n in (1, 2)]
    page = Page(index_page([record, *earlier]))
    assert page.all("video")[0]["src"] == "daily-news/20261123T170000Z/video.mp4"
    assert [img["src"] for img in page.all("img")] == [
        "daily-news/20261122T170000Z/poster.jpg",
        "daily-news/20261121T170000Z/poster.jpg",
    ]
    hrefs = [a["href"] for a in page.all("a")]
    assert hrefs[-2:] == ["daily-news/20261122T170000Z/index.html", "daily-news/20261121T170000Z/index.html"]
    assert page.text("a")[-2:] == ["Day 1", "Day 2"]
    assert page.text("time")[:2] == ["Monday, 23 November 2026", "0:58"]


def test_an_index_of_one_run_has_no_list(record: Record) -> None:
    assert Page(index_page([record])).all("ol") == []


@pytest.mark.parametrize("field", ["title", "date", "disclosure", "show", "language"])
def test_hostile_text_stays_text(tmp_path: Path, field: str) -> None:
    record = Record.of(a_post(a_video(tmp_path), **{field: HOSTILE}))
    for html in (run_page(record, url="https://a.example"), index_page([record, record], url="https://a.example")):
        page = Page(html)
        assert page.all("script") == []
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert all(img["src"] != "x" for img in page.all("img"))


@pytest.mark.parametrize("field", ["title", "publisher", "url", "language"])
def test_a_hostile_story_stays_text(tmp_path: Path, field: str) -> None:
    html = run_page(Record.of(a_post(a_video(tmp_path), a_story(**{field: HOSTILE}))))
    page = Page(html)
    assert page.all("script") == page.all("img") == []
    assert "alert(1)" not in "".join(str(a.get("href")) for a in page.all("a"))


def test_text_direction_marks_cannot_turn_a_page_around(tmp_path: Path) -> None:
    record = Record.of(a_post(a_video(tmp_path), a_story(title="gpj\u202e.exe\u2066"), title="a\u202eb"))
    assert (record.title, record.parts[1].title) == ("ab", "gpj.exe")


@given(st.text(), st.text())
def test_whatever_text_goes_into_an_element_comes_out_again(inside: str, value: str) -> None:
    clean = "".join(letter for letter in inside + value if letter >= " ")
    page = Page(tag("p", clean + ".", title=clean))
    assert page.elements == [("p", {"title": clean})]
    assert "".join(text for _, text in page.texts) == (clean + ".").strip()


def test_markup_is_not_escaped_twice_and_text_always_is() -> None:
    assert tag("p", tag("b", "<"), ">", None) == "<p><b>&lt;</b>&gt;</p>"
    assert (
        tag("img", alt="", loading="lazy", hidden=False, x=None, controls=True)
        == '<img alt="" loading="lazy" controls>'
    )
    assert joined(Html("<br>"), "<br>", by="\n") == "<br>\n&lt;br&gt;"
    assert tag("p", Html("<b>") + "<i>") == "<p>&lt;b&gt;&lt;i&gt;</p>"  # glued together it is text again


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.news.example/a?b=c#d", "news.example"),
        ("HTTP://news.example", "news.example"),
        ("http://[::1]:80/", "::1"),
        ("javascript:alert(1)", None),
        (" javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("//news.example/", None),
        ("/relative", None),
        ("https://bank.example@evil.example/", None),
        ("https:\\\\evil.example", None),
        ("https://", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_only_plain_web_addresses_become_links(tmp_path: Path, url: str, expected: str | None) -> None:
    assert host(url) == expected
    page = Page(run_page(Record.of(a_post(a_video(tmp_path), a_story(url=url)))))
    assert [a["href"] for a in page.all("a") if a.get("rel")] == ([url] if expected else [])


@pytest.mark.parametrize(
    ("language", "outlets", "expected"),
    [("en", (), "Source"), ("en", ("City Wire",), "Sources"), ("de", ("City Wire",), "Quellen")],
)
def test_what_several_tell_of_names_its_sources_in_the_plural(
    tmp_path: Path, language: str, outlets: tuple[str, ...], expected: str
) -> None:
    post = a_post(a_video(tmp_path), a_story(outlets=outlets), language=language)

    assert expected in Page(run_page(Record.of(post))).text("span")


def test_a_headline_that_says_who_it_is_from_does_not_say_so_twice(tmp_path: Path) -> None:
    script = a_post(a_video(tmp_path)).script
    told = [a_story(title="broadcast: Fixed (31)", publisher="broadcast"), a_story(publisher="broadcast")]

    assert ["• broadcast: Fixed (31)", "• Ferry line adds 12 boats (broadcast)"] == caption(script, told).split(
        "\n"
    )


def test_a_story_without_an_address_still_names_its_source(tmp_path: Path) -> None:
    record = Record.of(a_post(a_video(tmp_path), a_story(url="", publisher="", source="this-week")))
    assert "this-week" in Page(run_page(record)).text("bdi")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("fa", "rtl"), ("pt-BR", "ltr"), ("zh-Hans", "ltr"),
     ("", "ltr"), ("no such language", "ltr"), ("xx", "ltr")],
)  # fmt: skip
def test_a_language_is_written_the_way_it_is(language: str, expected: str) -> None:
    assert direction(language) == expected


def test_a_page_is_in_the_language_of_its_run(tmp_path: Path) -> None:
    page = Page(run_page(Record.of(a_post(a_video(tmp_path), language="ar"))))
    assert page.all("html") == [{"lang": "ar", "dir": "rtl"}]
    assert page.text("h2") == [WORDS["ar"].transcript]


def test_where_we_have_no_words_the_page_is_english_and_only_what_aired_is_not(tmp_path: Path) -> None:
    page = Page(run_page(Record.of(a_post(a_video(tmp_path), a_story(language="ko"), language="ko"))))
    assert page.all("html") == [{"lang": "en", "dir": "ltr"}]
    assert page.all("h1") == [{"lang": "ko", "dir": "ltr"}]
    assert page.all("h3") == [{"lang": "ko", "dir": "auto"}]


def test_the_line_that_a_machine_made_it_reads_as_it_is_written(tmp_path: Path) -> None:
    page = Page(run_page(Record.of(a_post(a_video(tmp_path), language="fa", disclosure="Made by a machine."))))

    assert ["auto"] == [p["dir"] for p in page.all("p") if p.get("class") == "disclosure"]


def test_an_index_of_many_languages_says_which_is_which(tmp_path: Path) -> None:
    english = Record.of(a_post(a_video(tmp_path)))
    arabic = Record.of(a_post(a_video(tmp_path), language="ar", edition="ar"))
    page = Page(index_page([english, arabic]))
    assert {"lang": "ar", "dir": "rtl"} in page.all("div")


def test_nothing_is_loaded_from_elsewhere_and_no_script_can_run(record: Record) -> None:
    html = run_page(record, VTT)
    page = Page(html)
    policy = dict(part.split(" ", 1) for part in str(page.meta("Content-Security-Policy")).split("; "))
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "'self' data:",
        "media-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "url(" not in style
    assert not any("style" in attributes for _, attributes in page.elements)
    loaded = [a.get("src") or a.get("poster") for name, a in page.elements if name != "a"]
    assert not any(address and "://" in address for address in loaded)


@pytest.mark.parametrize("colour", ["red}body{display:none", "#12345", "</style><script>", "", "#ff4455;x"])
def test_a_colour_that_is_none_is_not_put_into_the_style(tmp_path: Path, colour: str) -> None:
    record = Record.of(a_post(a_video(tmp_path))).model_copy(update={"colour": colour})
    html = run_page(record)
    assert "--accent: #FF4455 }" in html
    assert Page(html).all("script") == []


def test_the_brand_colour_is_on_the_page(record: Record) -> None:
    assert "--accent: #0a7 }" in run_page(record.model_copy(update={"colour": "#0a7"}))


def test_with_an_address_other_sites_can_show_a_preview_that_plays(record: Record) -> None:
    page = Page(run_page(record, url="https://news.example.com/shows"))
    folder = "https://news.example.com/shows/daily-news/20261123T170000Z"
    assert page.meta("og:video") == f"{folder}/video.mp4"
    assert page.meta("og:image") == f"{folder}/poster.jpg"
    assert page.meta("og:url") == f"{folder}/index.html"
    assert page.meta("og:title") == "Daily update · Monday, 23 November 2026"
    assert page.meta("og:description") == "Ferry line adds 12 boats\nMade by a machine."
    index = Page(index_page([record], url="https://news.example.com/shows"))
    assert index.meta("og:video") == f"{folder}/video.mp4"
    assert index.meta("og:url") == "https://news.example.com/shows/index.html"


def test_without_an_address_there_is_no_preview(record: Record) -> None:
    assert Page(run_page(record)).meta("og:video") is None


def test_the_same_record_gives_the_same_page(record: Record) -> None:
    again = Record.model_validate_json(record.model_dump_json())
    assert run_page(again, VTT) == run_page(record, VTT)


def test_the_script_is_plain_text_with_its_sources(record: Record) -> None:
    assert script_text(record) == (
        "Daily update\nMonday, 23 November 2026\nMade by a machine.\n\n"
        "Good evening.\n\n"
        "Ferry line adds 12 boats\nTwelve boats join. The fleet grows to 40.\n"
        "[Harbour Post https://www.news.example/ferries]\n\n"
        "Thank you for watching.\n"
    )


@pytest.mark.parametrize(
    ("show", "edition", "expected"),
    [
        ("daily-news", "main", "daily-news/20261123T170000Z"),
        ("daily-news", "de", "daily-news/20261123T170000Z-de"),
        ("../../etc", "main", "~2e~2e~2f~2e~2e~2fetc/20261123T170000Z"),
        ("index.html", "a/b", "index~2ehtml/20261123T170000Z-a~2fb"),
        ("täglich 1", "main", "täglich~201/20261123T170000Z"),
        ("a\x00b~", "main", "a~00b~7e/20261123T170000Z"),
    ],
)
def test_no_name_leads_out_of_the_folder(show: str, edition: str, expected: str) -> None:
    assert place(show, SLOT, edition) == expected


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_names_never_meet(one: str, other: str) -> None:
    assert (place(one, SLOT, "main") == place(other, SLOT, "main")) == (one == other)


def test_a_slot_is_filed_under_its_instant_in_utc() -> None:
    berlin = datetime(2026, 11, 23, 18, 0, tzinfo=timezone(timedelta(hours=1)))
    assert place("a", berlin, "main") == place("a", berlin.astimezone(UTC), "main") == "a/20261123T170000Z"
