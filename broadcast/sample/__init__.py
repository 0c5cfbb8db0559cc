"""Sample stories and numbers for a demonstration: all invented, and labelled so."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from xml.etree import ElementTree

FIRST = timedelta(minutes=20)  #: the age of the first story
APART = timedelta(minutes=45)  #: so that all six are of the same day's news


def feed(now: datetime) -> bytes:
    """Return an RSS 2.0 feed of six stories, the newest first, as it would look at *now*.

    Identities and links hold the time as well, so that a demonstration always has something new to tell.
    """
    # The file is our own: nothing of it is foreign.
    rss = ElementTree.fromstring(files(__package__).joinpath("feed.xml").read_bytes())  # noqa: S314
    edition = f"{now:%Y%m%dT%H%M%S}"
    for number, item in enumerate(rss.iterfind("channel/item")):
        link = item.find("link")
        assert link is not None
        link.text = f"{link.text}/{edition}"
        ElementTree.SubElement(item, "guid", isPermaLink="false").text = f"sample-{number}-{edition}"
        ElementTree.SubElement(item, "pubDate").text = format_datetime(now - FIRST - number * APART)
    ElementTree.indent(rss)
    return bytes(ElementTree.tostring(rss, encoding="utf-8", xml_declaration=True))


def metrics() -> bytes:
    """Return the JSON that an internal API could answer with."""
    return files(__package__).joinpath("metrics.json").read_bytes()
