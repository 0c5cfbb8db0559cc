"""HTML that cannot be broken by what is put into it. Pure.

Text becomes markup in one place only: every string that is not `Html` already is escaped.
"""

import re
from html import escape
from urllib.parse import urlsplit

VOID = frozenset({"br", "img", "input", "link", "meta", "source", "track"})
UNFIT = re.compile(r"[\x00-\x20\x7f-\x9f\\]")  # a browser drops or rewrites these, so they can hide a scheme


class Html(str):
    """Finished markup. It is put into other markup as it stands; all other text is escaped."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | int | bool | None) -> Html:
    """Return the element *name* around its *children*; those that are None are left out.

    An attribute that is None or False is left out, one that is True stands without a value. Underscores in
    its name become hyphens, and one at the end is dropped, for words that Python keeps to itself: `class_`.
    """
    opening = name
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        opening += f" {key.rstrip('_').replace('_', '-')}"
        if value is not True:
            opening += f'="{escape(str(value))}"'
    if name in VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{joined(*children)}</{name}>")


def joined(*children: str | None, by: str = "") -> Html:
    """Return the *children*, escaped where they are text, in a row; *by* stands between them."""
    return Html(
        escape(by).join(
            child if isinstance(child, Html) else escape(child) for child in children if child is not None
        )
    )


def host(url: str) -> str | None:
    """Return the host of *url* if a reader may be sent there: http(s), and nothing in it that misleads."""
    if UNFIT.search(url):
        return None
    try:
        parts = urlsplit(url)
        name = parts.hostname
    except ValueError:
        return None
    # "https://bank.example@evil.example" reads like the bank.
    if parts.scheme not in ("http", "https") or not name or "@" in parts.netloc:
        return None
    return name.removeprefix("www.")
