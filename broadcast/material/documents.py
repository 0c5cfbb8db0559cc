"""What notes and documents say: Markdown, text, PDF, Word. Meant for a worker process.

A document may be made to keep its reader busy or to fill its memory: its size is limited before, its time outside.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec

from broadcast.errors import ConfigError, Rejected
from broadcast.text import clean
from broadcast.types import Noun

from .markdown import Block, blocks, inline, told

TEXT = 6_000  #: characters of one part that are kept
PARTS = 50  #: of one document
PAGES = 100  #: of a PDF that are read
CHARACTERS = 400_000  #: of one document that are looked at
UNPACKED = 50_000_000  #: bytes that the text of a Word document may have
NEEDS = {".pdf": "pypdf", ".docx": "docx"}
KINDS = (".md", ".markdown", ".txt", ".pdf", ".docx")


class Part(Noun):
    """What stands below one heading."""

    title: str
    text: str


def ready(names: tuple[str, ...]) -> None:
    """Raise `ConfigError` where the extra that files called like *names* need is not installed."""
    for ending, package in NEEDS.items():
        if any(name.lower().endswith(ending) for name in names) and find_spec(package) is None:
            raise ConfigError(
                f"{ending} files need an extra that is not installed: `pip install broadcast[documents]`"
            )


def parts(body: bytes, name: str, headings: bool) -> list[Part]:
    """Return the parts of the document in *body*, by its *headings* or as one. Raises `Rejected`."""
    ending = name[name.rfind(".") :].lower()
    found = list({".pdf": pdf, ".docx": word}.get(ending, marked)(body))
    if not any(not block.level and block.text for block in found):
        said = (
            "; it may be scanned: pictures of text are not read" if ending == ".pdf" else "; check what was saved"
        )
        raise Rejected(f"{name} holds no text{said}")
    return sections(found, title_of(name)) if headings else [whole(found, title_of(name))]


def marked(body: bytes) -> Iterator[Block]:
    """Give what Markdown or plain text says."""
    return blocks(body.decode("utf-8-sig", "replace")[:CHARACTERS])


def pdf(body: bytes) -> Iterator[Block]:
    """Give the paragraphs of a PDF, whose headings nobody can tell from its text."""
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Rejected("the document is locked with a password; save it without")
        text = "\n\n".join(page.extract_text() for page in reader.pages[:PAGES])[:CHARACTERS]
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 - pypdf raises whatever a broken file leads it to
        raise Rejected(f"the document is no PDF that can be read ({type(error).__name__}); save it again") from None
    for paragraph in re.split(r"\n\s*\n|(?<=[.!?:])\n(?=[A-Z•\-])", text):
        if said := inline(" ".join(paragraph.split())):
            yield Block(0, said)


def word(body: bytes) -> Iterator[Block]:
    """Give the paragraphs of a Word document."""
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(one.file_size for one in archive.infolist()) > UNPACKED:
                raise Rejected(
                    f"the document unpacks to more than the {UNPACKED / 1e6:g} MB that are read; give a smaller one"
                )
        document = docx.Document(io.BytesIO(body))
        found = [(one.style.name if one.style else "", one.text) for one in document.paragraphs]
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 - so does the zip in it
        raise Rejected(
            f"the document is no .docx that can be read ({type(error).__name__}); save it again"
        ) from None
    for style, text in found:
        level = re.fullmatch(r"(?:Heading (\d)|Title)", style or "")
        if said := clean(text, 2_000):
            yield Block(int(level[1] or 1) if level else 0, said, item=(style or "").startswith("List"))


def sections(found: list[Block], title: str) -> list[Part]:
    """Return a part for each heading of the level that divides the document, the most general one used twice."""
    levels = [block.level for block in found if block.level]
    divide = min((level for level in levels if levels.count(level) > 1), default=0)
    if not divide:
        return [whole(found, title)]
    first = next((block.text for block in found if 0 < block.level < divide), "")
    made: list[tuple[str, list[Block]]] = []
    for block in found:
        if block.level and block.level <= divide:
            made.append((block.text, []))
        elif made:
            made[-1][1].append(block)
    named = ((f"{first}: {name}" if first and name != first else name, inside) for name, inside in made)
    return [Part(title=clean(name, 300), text=text) for name, inside in named if (text := told(inside, TEXT))][
        :PARTS
    ]


def whole(found: list[Block], title: str) -> Part:
    """Return the document as one part, under its first heading."""
    first = next((block for block in found if block.level), None)
    inside = [block for block in found if block is not first]
    return Part(title=clean(first.text if first else title, 300), text=told(inside, TEXT))


def title_of(name: str) -> str:
    """Return what a file's name says: "2026-11-20_all-hands.md" is "2026-11-20 all hands"."""
    stem = name[: name.rfind(".")] if "." in name else name
    return clean(re.sub(r"(?<!\d)-|-(?!\d)|_", " ", stem), 300)
