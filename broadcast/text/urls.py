"""One spelling for each address. Pure.

Two of them: the *canonical* address is what people open; the *dedup key* only says whether two addresses lead to
the same story, and may leave out more.
"""

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

#: Says where a reader came from, and nothing about what is read.
TRACKING = re.compile(
    r"(?:utm|at|mc|mtm|pk|hsa|oly|vero|guce)_.*|(?:fb|gc|dc|y|tw|tt|mc|igs)lid|igshid|fbclid|gclid|msclkid|[gw]braid"
    r"|li_fat_id|mkt_tok|_ga|_gl|_hs(?:enc|mi)|piwik_.*|guccounter|__twitter_impression|wt\..*",
    re.IGNORECASE,
)
#: Mostly the same, and sometimes part of the address: left out where two addresses are compared.
PERHAPS_TRACKING = re.compile(
    r"ref|ref_?src|ref_?url|referrer|partner|emc|smid|smtyp|cmp|cmpid|icid|ocid|ito|ncid|ftag|mod|spm|xtor|sref|srnd"
    r"|sr_share|share(?:_?id)?|feature|rss|amp|campaign_id|s?source_?feed",
    re.IGNORECASE,
)
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
KEPT = "%/:@!$&'()*+,;=~?"  # what may stand in a path or a query as it is
HERALD = re.compile(r"^(?:www|m|mobile|amp)\.(?=[^.]+\.)")
LONGEST = 2000  #: characters of an address that are looked at for its host
#: An address in its usual spelling already, as nearly all are that have no query: no port, no escapes, no ".".
USUAL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*/(?:[A-Za-z0-9_~:@!$&'()*+,;=/-]|(?<!/)\.)*+")
PORTS = {"http": 80, "https": 443}


def canonical(url: str) -> str:
    """Return *url* in its usual spelling, without tracking parameters. What is no http(s) address gives ""."""
    if USUAL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), _host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if scheme not in PORTS or not host:
        return ""
    place = host if port in (None, PORTS[scheme]) else f"{host}:{port}"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _tracks(pair, TRACKING))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # it names a page in some old sites
    return urlunsplit((scheme, place, _path(parts.path), _spelled(query), fragment))


@lru_cache(maxsize=8_192)  # asked several times of each story of a run
def dedup_key(url: str) -> str:
    """Return what addresses of one story have in common, or "" for what is no http(s) address."""
    parts = urlsplit(canonical(url))
    host = HERALD.sub("", parts.netloc)
    path = re.sub(r"(?:/amp|\.amp)$", "", parts.path.rstrip("/")).rstrip("/")
    pairs = sorted(pair for pair in parts.query.split("&") if not _tracks(pair, PERHAPS_TRACKING))
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{host}{path}{'?' if any(pairs) else ''}{'&'.join(pairs)}{fragment}"


@lru_cache(maxsize=8_192)
def host(url: str) -> str:
    """Return where *url* leads, "" for what is no address: `www` and the like say nothing of whose it is."""
    try:
        return HERALD.sub("", (urlsplit(url[:LONGEST].strip()).hostname or "").rstrip("."))
    except ValueError:
        return ""


def _tracks(pair: str, table: re.Pattern[str]) -> bool:
    return bool(table.fullmatch(pair.partition("=")[0])) or pair.lower().startswith("source=rss")


def _host(name: str) -> str:
    name = name.lower().rstrip(".")
    if ":" in name:
        return f"[{name}]"
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _path(path: str) -> str:
    """Return *path* without "." and "..", in one spelling."""
    kept: list[str] = []
    names = path.split("/")[1:]
    for name in names:
        if name == "..":
            del kept[-1:]
        elif name != ".":
            kept.append(name)
    if names and names[-1] in (".", ".."):
        kept.append("")
    return _spelled("/" + "/".join(kept))


def _spelled(text: str) -> str:
    """Escape what must be escaped and nothing else, in capitals."""

    def one(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if UNRESERVED.fullmatch(character) else escape[0].upper()

    return ESCAPED.sub(one, quote(text, safe=KEPT))
