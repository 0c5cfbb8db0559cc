"""Bytes that claim to be a feed, made into XML that a strict parser takes. Pure.

Real feeds that are malformed mostly hold something before the declaration, name the wrong encoding, use entities of
HTML, or were cut off. Repairing them also rids them of every DTD, and so of bombs.
"""

import codecs
import re
import sys
from contextlib import suppress
from html.entities import html5
from urllib.parse import urljoin

from broadcast.text import clean

ITEMS = 500  #: read at most; from both ends, because some feeds are oldest first

BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<\0", "utf-16-be"),
)  # fmt: skip
#: Codecs of Python that are no charsets, and slow or surprising on hostile input; UTF-8 has been tried before.
NO_CHARSETS = frozenset(
    (
        "ascii",
        "idna",
        "punycode",
        "raw-unicode-escape",
        "undefined",
        "unicode-escape",
        "utf-7",
        "utf-8",
        "utf-8-sig",
    )
)
#: What is meant by a name: more than it means to Python (https://encoding.spec.whatwg.org/#names-and-labels).
MEANT = {
    "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
ESCAPE = b"\x1b"  #: of the charsets that are ASCII to whoever does not know of it
DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,40})")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LITERAL = re.compile(r"<!\[CDATA\[|<!--")
REFERENCE = re.compile(r"&(?:#(?:([0-9]{1,7})|[xX]([0-9A-Fa-f]{1,6}));|([A-Za-z][A-Za-z0-9]{1,31});)?")
#: One character in two references, as programs write it that think in UTF-16.
PAIR = re.compile(
    r"&#(?:[xX]([dD][89abAB][0-9a-fA-F]{2})|(5[56][0-9]{3}));"
    r"&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67][0-9]{3}));"
)
XML_NAMES = frozenset(("amp", "apos", "gt", "lt", "quot"))
ITEM = re.compile(r"<(?:[A-Za-z0-9]+:)?(?:item|entry)(?=[\s>/])")
ITEM_END = re.compile(r"</(?:[A-Za-z0-9]+:)?(?:item|entry)\s*>|<(?:item|entry)\s*/>")
LINK = re.compile(r"<link\b([^<>]{1,1000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
#: What people give for a feed, by its root element, and what they should give.
STRANGERS = {
    "html": "a web page, not a feed",
    "opml": "OPML, a list of feeds: give the address of one of them",
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "a sitemap, not a feed",
    "svg": "a picture, not a feed",
}


def decode(body: bytes, charset: str = "") -> str:
    """Return *body* as text. *charset* is what the server says; what is valid UTF-8 is UTF-8, whoever says what."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = DECLARED.match(body[:400])
    names = (charset, declared[1].decode() if declared else "")
    if ESCAPE not in body or not any(name.lower().startswith("iso-2022-") for name in names):
        with suppress(UnicodeDecodeError):
            return body.decode("utf-8")
    for name in names:
        try:
            codec = codecs.lookup(name).name if name else "ascii"
            if codec not in NO_CHARSETS:
                return body.decode(MEANT.get(codec, codec))
        except (LookupError, UnicodeError, ValueError):
            continue  # it names what it is not
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - bad
    return text if good > bad else body.decode("cp1252", "replace")  # UTF-8 that was cut or patched, or none


def rooted(xml: bytes) -> bytes:
    """Return *xml*, in UTF-8, from its root element on: without a DTD, and so without bombs."""
    at = max(xml.find(b"<"), 0)
    while prolog := PROLOG.match(xml, at):
        at = prolog.end()
    return xml[at:]


def repair(text: str) -> str:
    """Return *text* from its root element on, without control characters, with every reference one of XML's."""
    parts = around_literals(rooted(NOT_XML.sub("", text).encode("utf-8", "replace")).decode())
    parts[::2] = [REFERENCE.sub(_numbered, PAIR.sub(_joined, part)) for part in parts[::2]]
    return "".join(parts)


def around_literals(xml: str) -> list[str]:
    """Return *xml* in parts of which every second one is a CDATA section or a comment, complete.

    One regular expression would do, and take quadratic time where none of many is ever closed.
    """
    parts = []
    at = 0
    while opening := LITERAL.search(xml, at):
        end = xml.find("]]>" if opening[0] == "<![CDATA[" else "-->", opening.end())
        if end < 0:
            break
        parts += [xml[at : opening.start()], xml[opening.start() : end + 3]]
        at = end + 3
    return [*parts, xml[at:]]


def _joined(pair: re.Match[str]) -> str:
    """Return the reference that two halves of one character stand for."""
    high, low = (int(x, 16) if x else int(d) for x, d in ((pair[1], pair[2]), (pair[3], pair[4])))
    if not 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return pair[0]
    return f"&#{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00};"


def _numbered(reference: re.Match[str]) -> str:
    """Return a reference that XML knows: by number for an entity of HTML, a plain "&" for anything else.

    Nothing is left of one to a character that there is none of.
    """
    whole, decimal, hexadecimal, name = reference[0], reference[1], reference[2], reference[3]
    if decimal or hexadecimal:
        number = int(decimal) if decimal else int(hexadecimal, 16)
        return "" if number > sys.maxunicode or NOT_XML.match(chr(number)) else whole
    if name in XML_NAMES:
        return whole
    meaning = html5.get(f"{name};")
    return "".join(f"&#{ord(character)};" for character in meaning) if meaning else "&amp;" + whole[1:]


def count(xml: str) -> int:
    """Return how many entries *xml* seems to hold."""
    return sum(len(ITEM.findall(part)) for part in around_literals(xml)[::2])


def shorten(xml: str) -> str:
    """Return *xml* with at most `ITEMS` entries: as many of its first as of its last."""
    ends = [end.end() for end in ITEM_END.finditer(xml)]
    if len(ends) <= ITEMS:
        return xml
    return xml[: ends[ITEMS // 2 - 1]] + xml[ends[-ITEMS // 2 - 1] :]


def stranger(xml: str, url: str) -> str:
    """Return what repaired *xml* from *url* is, where it is clearly something else than a feed, else nothing."""
    root = ROOT.match(xml)
    if not root:
        return "text that is no feed; check its address"
    what = STRANGERS.get(root[1].lower(), "")
    if "web page" in what:
        for link in LINK.finditer(xml[:200_000]):
            said = {name.lower(): a or b or c for name, a, b, c in ATTRIBUTE.findall(link[1])}
            if said.get("type", "").lower() in FEED_TYPES and "alternate" in said.get("rel", "").lower():
                return f"{what}; it names this one: {clean(urljoin(url, said.get('href', '')), 300)}"
        return f"{what}; look for the RSS link on that page"
    return what
