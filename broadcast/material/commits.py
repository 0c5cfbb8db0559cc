"""What commits say they are: Conventional Commits, and those that follow none. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broadcast.text import clean

OTHER = "other"  #: commits that follow no convention
#: https://www.conventionalcommits.org/en/v1.0.0/
CONVENTIONAL = re.compile(
    r"(?P<type>[A-Za-z]{2,20})(?:\((?P<scope>[^()]{1,60})\))?(?P<breaks>!)?:\s+(?P<what>\S.*)"
)
FOOTER = re.compile(r"^BREAKING[ -]CHANGE:\s+(.+?)(?=\n\n|\n[A-Za-z-]+:|\Z)", re.MULTILINE | re.DOTALL)
REVERT = re.compile(r'(?:revert: |Revert ")(?P<what>.+?)"?')


@dataclass(frozen=True)
class Commit:
    """One commit, as far as it is told."""

    hash: str
    author: str
    at: str
    type: str
    line: str


def parsed(rows: Iterable[Sequence[str]]) -> list[Commit]:
    """Return the commits, the newest first, without those that were taken back and what took them back."""
    commits: list[Commit] = []
    reverted: Counter[str] = Counter()
    for hash, author, at, subject, body in rows:
        subject = clean(subject, 300)
        if taken := REVERT.fullmatch(subject):
            reverted[taken["what"]] += 1
        elif reverted[subject]:
            reverted[subject] -= 1
        elif subject:
            commits.append(commit(hash, clean(author, 60), at, subject, body))
    return commits


def commit(hash: str, author: str, at: str, subject: str, body: str) -> Commit:
    """Return one commit by what its message says it is."""
    form = CONVENTIONAL.fullmatch(subject)
    if not form:
        return Commit(hash, author, at, OTHER, subject)
    footer = FOOTER.search(body[:20_000])
    line = f"{form['scope']}: {form['what']}" if form["scope"] else form["what"]
    if footer:
        line = f"{line.rstrip('.')}. {clean(footer[1], 300)}"
    type = "breaking" if form["breaks"] or footer else form["type"].lower()
    return Commit(hash, author, at, type, line[:1].upper() + line[1:])
