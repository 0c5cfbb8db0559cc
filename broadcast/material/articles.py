"""The article of a web page, read politely.

`extract`, `links` and `permits` are meant for a worker process: a page may be made to keep its reader busy.
"""

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urljoin, urlsplit

from broadcast.errors import ConfigError, Refused, Rejected
from broadcast.feeds import iso, web
from broadcast.plugins import Tools
from broadcast.text import clean, plain
from broadcast.types import Noun

from .records import moment, paragraphs

LABEL = "the page"
SIZE = 2_000_000  #: bytes of HTML; larger pages keep the extraction busy for minutes, and are no articles
EXTRACTING = 10.0  #: seconds; an article takes a twentieth of one
TEXT = 6_000
AGENT = "broadcast"  #: what robots.txt may call us
ROBOTS = 512_000  #: bytes of it that are read; RFC 9309, 2.5 asks for at least 500 KiB
ROBOTS_KEPT = 86_400  #: seconds; RFC 9309, 2.4
HOSTS = 50  #: whose robots.txt is remembered
NEEDS = "`pip install broadcast[articles]`"


class Article(Noun):
    """What a page tells."""

    title: str = ""
    text: str = ""
    day: str = ""  #: ISO 8601, where it says when
    language: str = ""
    publisher: str = ""
    image: str = ""


def ready(what: str) -> None:
    """Raise `ConfigError` where the extra that reading pages needs is not installed."""
    if find_spec("trafilatura") is None or find_spec("protego") is None:
        raise ConfigError(f"{what} needs an extra that is not installed: {NEEDS}")


async def read(tools: Tools, url: str, *, trusted: bool, selector: str = "") -> Article:
    """Return the article at *url*, if robots may read it. Raises `Rejected` where there is none."""
    body, at, charset = await page(tools, url, trusted=trusted)
    article: Article = await tools.compute(
        "broadcast.material.articles:extract", body, at, charset, selector, deadline=EXTRACTING
    )
    return article


async def page(
    tools: Tools, url: str, *, trusted: bool, headers: Mapping[str, str] | None = None
) -> tuple[bytes, str, str]:
    """Return the HTML at *url*, where it came from, and its charset. Raises `Rejected` where robots may not."""
    if not await permitted(tools, url, trusted=trusted):
        raise Rejected(f"{LABEL} may not be read by programs: its robots.txt says so")
    answer = await tools.http.get(
        url, label=LABEL, headers={"Accept": "text/html", **(headers or {})}, limit=SIZE, trusted=trusted
    )
    kind = answer.headers.get("content-type", "")
    if "html" not in kind.lower() and kind:
        raise Rejected(f"{LABEL} is {clean(kind.partition(';')[0], 60)}, not a web page")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", kind, re.IGNORECASE)
    return answer.body, answer.url, charset[1] if charset else ""


async def permitted(tools: Tools, url: str, *, trusted: bool) -> bool:
    """Say whether the robots.txt of its host lets us read *url*. Raises `Unavailable` where nobody can know."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    known = await tools.memory.get("robots")
    known = known if isinstance(known, dict) else {}
    now = tools.clock.now()
    kept = known.get(origin)
    at = moment(kept.get("at"), now) if isinstance(kept, dict) else None
    if isinstance(kept, dict) and at and (now - at).total_seconds() < ROBOTS_KEPT:
        rules = str(kept.get("rules", ""))
    else:
        try:
            answer = await tools.http.get(
                f"{origin}/robots.txt", label="robots.txt", limit=ROBOTS, deadline=10.0, trusted=trusted
            )
            rules = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        except (Rejected, Refused):
            rules = ""  # RFC 9309, 2.3.1.3: no rules that can be read are none
        others = {name: value for name, value in known.items() if name != origin}
        newest = dict(list(others.items())[-HOSTS + 1 :])
        if len(rules) <= ROBOTS // 10:
            await tools.memory.put("robots", {**newest, origin: {"at": now.isoformat(), "rules": rules}})
    if not rules.strip():
        return True
    return bool(await tools.compute("broadcast.material.articles:permits", rules, url, deadline=EXTRACTING))


# --- in a worker


def permits(rules: str, url: str) -> bool:
    from protego import Protego

    return bool(Protego.parse(rules).can_fetch(url, AGENT))


def extract(body: bytes, url: str, charset: str, selector: str) -> Article:
    """Return the article in a page, or in what *selector* finds in it. Raises `Rejected` where there is none."""
    import trafilatura
    from lxml import html

    tree = _tree(body, charset)
    if selector:
        part = _found(tree, selector)[0]
        title = clean(tree.xpath("string((//h1|//title)[1])"), 300)
        return Article(title=title, text=plain(html.tostring(part, encoding="unicode", with_tail=False), TEXT))
    language = iso(tree.get("lang") or "")
    document = trafilatura.bare_extraction(
        html.tostring(tree, encoding="unicode"),
        url=url,
        favor_precision=True,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
    )
    if document is None or isinstance(document, dict) or not document.text:
        raise Rejected(f"{LABEL} holds no article that could be found")
    title = clean(document.title or "", 300)
    lines = paragraphs(document.text, TEXT).split("\n")
    return Article(
        title=title,
        text="\n".join(lines[1:] if lines[0] == title else lines),
        day=document.date or "",
        language=language or iso(document.language or ""),
        publisher=clean(document.sitename or "", 80),
        image=web(urljoin(url, document.image)) if document.image else "",
    )


def links(body: bytes, url: str, charset: str, selector: str, limit: int) -> list[tuple[str, str]]:
    """Return address and words of the links that *selector* finds, each address once. Raises `Rejected`."""
    found: dict[str, str] = {}
    for element in _found(_tree(body, charset), selector):
        anchors = [element] if element.tag == "a" else element.xpath(".//a[@href]")
        for anchor in anchors[:limit]:
            address = web(urljoin(url, (anchor.get("href") or "").strip())).partition("#")[0]
            if address and address != url:
                found.setdefault(address, clean(" ".join(anchor.itertext()), 300))
    if not found:
        raise Rejected(f"{LABEL} has no links where `links` looks for them; it may have changed")
    return list(found.items())[:limit]


def _tree(body: bytes, charset: str) -> Any:
    from lxml import etree, html

    try:
        parser = html.HTMLParser(encoding=charset or None, no_network=True, remove_comments=True)
        return html.document_fromstring(body, parser=parser)
    except (etree.ParserError, LookupError, ValueError, AssertionError):
        raise Rejected(f"{LABEL} is empty, or no HTML") from None


def _found(tree: Any, selector: str) -> list[Any]:
    """Return what an XPath, which begins with "/" or "(", or a CSS selector finds. Raises `Rejected`."""
    from lxml import etree

    try:
        found = tree.xpath(path(selector))
    except etree.XPathError:
        raise Rejected(f"{selector!r} is no XPath; a CSS selector does not begin with a slash") from None
    elements = [one for one in found if isinstance(one, etree._Element)] if isinstance(found, list) else []
    if not elements:
        raise Rejected(f"{LABEL} holds nothing at {selector!r}; it may have changed")
    return elements


def path(selector: str) -> str:
    """Return the XPath of a selector. Raises `Rejected` where it is neither XPath nor CSS."""
    if selector.startswith(("/", "(", "./")):
        return selector
    from cssselect import GenericTranslator, SelectorError

    try:
        return GenericTranslator().css_to_xpath(selector)
    except SelectorError:
        raise Rejected(f"{selector!r} is no CSS selector") from None
