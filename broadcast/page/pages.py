"""The page of a run, and the page above all runs: HTML that plays from a file or behind any address. Pure."""

import base64
from collections.abc import Sequence
from datetime import UTC
from urllib.parse import quote

from .frame import document
from .markup import Html, host, joined, tag
from .record import PAGE, SCRIPT, VIDEO, VTT, Part, Record
from .words import Words, direction, words

DESCRIPTION = 300  # characters; previews show less


def run_page(record: Record, captions: str | None = None, *, url: str | None = None) -> str:
    """Return the page of one run, to lie in its folder beside its files.

    *captions* is WebVTT to put into the page, for a page that is opened as a file: there browsers refuse
    captions beside it. *url* is where the whole folder can be reached, without a slash at its end.
    """
    language, say = words(record.language)
    here = f"{url}/{quote(record.place)}" if url else None
    return document(
        language,
        _title(record),
        _header(record, f"../../{PAGE}", say.all),
        tag(
            "main",
            _player(record, "", captions),
            tag(
                "div",
                tag("div", tag("h1", record.title, **_said(record)), _meta(record)),
                tag("div", _disclosure(record), _downloads(record, say)),
                class_="about",
            ),
            tag(
                "section",
                tag("h2", say.transcript, id="transcript"),
                *(_part(part, record, say) for part in record.parts),
                class_="transcript",
                aria_labelledby="transcript",
            ),
        ),
        colour=record.colour,
        preview=_preview(record, f"{here}/{PAGE}", here) if here else Html(),
    )


def index_page(records: Sequence[Record], captions: str | None = None, *, url: str | None = None) -> str:
    """Return the page above all runs: it plays the first of *records*, and lists the others.

    *records* are the newest first, and at least one. *captions* and *url* as for `run_page`.
    """
    newest, *earlier = records
    language, say = words(newest.language)
    folder = quote(newest.place)
    headlines = [tag("li", part.title, **_titled(part, newest)) for part in newest.stories]
    return document(
        language,
        newest.brand or newest.title,
        _header(newest),
        tag(
            "main",
            _player(newest, f"{folder}/", captions),
            tag(
                "div",
                tag(
                    "div",
                    tag("h1", tag("a", newest.title, href=f"{folder}/{PAGE}"), **_said(newest)),
                    _meta(newest),
                ),
                tag(
                    "div",
                    tag("ul", *headlines, class_="headlines") if headlines else None,
                    tag("p", tag("a", say.more, href=f"{folder}/{PAGE}#transcript"), class_="links"),
                    _disclosure(newest),
                ),
                class_="about",
            ),
            tag(
                "section",
                tag("h2", say.earlier, id="earlier"),
                tag("ol", *map(_card, earlier), class_="cards"),
                aria_labelledby="earlier",
            )
            if earlier
            else None,
        ),
        colour=newest.colour,
        preview=_preview(newest, f"{url}/{PAGE}", f"{url}/{folder}") if url else Html(),
    )


def _header(record: Record, up: str | None = None, label: str = "") -> Html:
    name = record.brand or record.show
    return tag(
        "header",
        tag("span", tag("bdi", name), class_="brand"),
        tag("nav", tag("a", label, href=up)) if up else None,
    )


def _player(record: Record, folder: str, captions: str | None) -> Html:
    """Return the video; *folder* leads from the page to its files."""
    track = None
    if VTT in record.captions:
        source = f"{folder}{VTT}"
        if captions is not None:
            source = "data:text/vtt;base64," + base64.b64encode(captions.encode()).decode()
        track = tag(
            "track", kind="captions", src=source, srclang=record.language, label=words(record.language)[1].captions
        )
    return tag(
        "div",
        tag(
            "video",
            track,
            tag("a", record.title, href=f"{folder}{VIDEO}"),
            src=f"{folder}{VIDEO}",
            poster=f"{folder}{record.poster}" if record.poster else None,
            width=record.width,
            height=record.height,
            controls=True,
            playsinline=True,
            preload="metadata",
            aria_label=record.title,
        ),
        class_="screen",
    )


def _meta(record: Record) -> Html:
    return tag("p", _when(record), " · ", _duration(record), class_="meta")


def _disclosure(record: Record) -> Html:
    way = {**_said(record), "dir": "auto"}  # it is English where it is known in no other language
    return tag("p", record.disclosure, class_="disclosure", **way)


def _part(part: Part, record: Record, say: Words) -> Html:
    """Return what is said in one stretch, with its source beside it."""
    text = tag("p", " ".join(part.sentences), **_said(record))
    if part.kind != "story":
        return tag("div", text, class_="part")
    where = host(part.url)
    name = tag("bdi", part.publisher or where or "")
    source = tag("a", name, href=part.url, rel="noopener nofollow ugc") if where else name
    return tag(
        "article",
        tag("h3", part.title, **_titled(part, record)),
        text,
        tag(
            "p",
            tag("span", say.told_by(part.several), class_="label"),
            source,
            tag("span", where, class_="host") if where and part.publisher else None,
            class_="source",
        )
        if part.publisher or where
        else None,
        class_="part",
    )


def _downloads(record: Record, say: Words) -> Html:
    name = quote(record.place.replace("/", "-"))
    links = [tag("a", f"{say.video} · MP4 · {record.bytes / 1e6:.1f} MB", href=VIDEO, download=f"{name}.mp4")]
    links += [
        tag("a", f"{say.captions} · {file.rpartition('.')[2].upper()}", href=file, download=f"{name}.{file[-3:]}")
        for file in record.captions
    ]
    links.append(tag("a", f"{say.script} · TXT", href=SCRIPT))
    return tag("ul", *(tag("li", link) for link in links), class_="links")


def _card(record: Record) -> Html:
    folder = quote(record.place)
    headlines = " · ".join(part.title for part in record.stories if part.title)
    return tag(
        "li",
        tag(
            "div",
            tag(
                "img",
                src=f"{folder}/{record.poster}",
                alt="",
                loading="lazy",
                width=record.width,
                height=record.height,
            )
            if record.poster
            else None,
            _duration(record),
            class_="thumb",
        ),
        tag(
            "div",
            tag("p", _when(record), class_="meta"),
            tag("h3", tag("a", record.title, href=f"{folder}/{PAGE}", aria_label=_title(record))),
            tag("p", headlines, class_="more") if headlines else None,
            **_said(record),
        ),
    )


def _preview(record: Record, page: str, folder: str) -> Html:
    """Return what other sites need for a preview that plays; they ask for absolute addresses."""
    told = " · ".join(part.title for part in record.stories if part.title)
    properties: list[tuple[str, str | int]] = [
        ("og:type", "video.other"),
        ("og:title", _title(record)),
        ("og:description", f"{told[:DESCRIPTION]}\n{record.disclosure}".strip()),
        ("og:url", page),
        ("og:video", f"{folder}/{VIDEO}"),
        ("og:video:type", "video/mp4"),
        ("og:video:width", record.width),
        ("og:video:height", record.height),
    ]
    if record.poster:
        properties.append(("og:image", f"{folder}/{record.poster}"))
    return joined(
        tag("link", rel="canonical", href=page),
        tag("meta", name="twitter:card", content="summary_large_image"),
        *(tag("meta", property=name, content=value) for name, value in properties),
        by="\n",
    )


def _title(record: Record) -> str:
    return " · ".join(filter(None, (record.title, record.date)))


def _when(record: Record) -> Html:
    return tag(
        "time", record.date, datetime=record.slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **_said(record)
    )


def _duration(record: Record) -> Html:
    seconds = round(record.seconds)
    return tag("time", f"{seconds // 60}:{seconds % 60:02}", datetime=f"PT{seconds}S", class_="duration")


def _said(record: Record) -> dict[str, str]:
    """Return the attributes of text in the language of the run."""
    return {"lang": record.language, "dir": direction(record.language)}


def _titled(part: Part, record: Record) -> dict[str, str]:
    """Return the attributes of a headline: it is in the language of its source, where that is known."""
    return {"lang": part.language or record.language, "dir": "auto"}
