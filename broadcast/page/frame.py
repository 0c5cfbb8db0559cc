"""What every page has around its contents: the head, the style, and what a browser may load. Pure."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from .markup import Html, joined, tag
from .words import direction

COLOUR = re.compile("#(?:[0-9A-Fa-f]{3}){1,2}")
DEFAULT_COLOUR = "#FF4455"
GENERATOR = tag("meta", name="generator", content="broadcast")
ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='3' fill='{colour}'/></svg>"
)


def document(language: str, title: str, header: Html, main: Html, *, colour: str, preview: Html) -> str:
    """Return a whole page in *language*; *colour* is the brand's, *preview* more of the head."""
    colour = colour if COLOUR.fullmatch(colour) else DEFAULT_COLOUR
    style = f"{_css()}:root {{ --accent: {colour} }}\n"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Nothing is loaded from elsewhere, and no script runs at all. `data:` holds captions and the icon.
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; media-src 'self' data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        GENERATOR,
        tag("title", title),
        tag("link", rel="icon", href=f"data:image/svg+xml,{quote(ICON.format(colour=colour))}"),
        preview,
        Html(f"<style>{style}</style>"),
    )
    html = tag(
        "html",
        joined("", tag("head", joined("", *head, "", by="\n")), tag("body", header, main), "", by="\n"),
        lang=language,
        dir=direction(language),
    )
    return f"<!doctype html>\n{html}\n"


def ours(page: str) -> bool:
    """Say whether *page* was made here, and may be written over."""
    return GENERATOR in page


@cache
def _css() -> str:
    return files(__package__).joinpath("page.css").read_text("utf-8")
