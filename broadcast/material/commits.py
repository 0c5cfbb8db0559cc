"""What commits say they are: Conventional Commits, and those that follow none. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broadcast.text import clean

from .records import digest

OTHER = "other"  #: commits that follow no convention
#: https://www.conventionalcommits.org/en/v1.0.0/
CONVENTIONAL = re.compile(
    r"(?P<type>[A-Za-z]{2,20})(?:\((?P<scope>[^()]{1,60})\))?(?P<breaks>!)?:\s+(?P<what>\S.*)"
)
FOOTER = re.compile(r"^BREAKING[ -]CHANGE:\s+(.+?)(?=\n\n|\n[A-Za-z-]+:|\Z)", re.MULTILINE | re.DOTALL)
NUMBERED = re.compile(r"\s*\(#\d+(?:, ?#\d+)*\)")  #: of a pull request: it tells nobody who listens anything
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
        subject = NUMBERED.sub("", clean(subject, 300))
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
        line = f"{line.rstrip('.')}. {upper(clean(footer[1], 300))}"
    type = "breaking" if form["breaks"] or footer else form["type"].lower()
    return Commit(hash, author, at, type, upper(line))


def upper(line: str) -> str:
    """Return *line* as a sentence begins."""
    return line[:1].upper() + line[1:]


def parted(commits: Sequence[Commit], known: dict[str, str], *name: str) -> list[tuple[str, list[Commit]]]:
    """Return *commits* by the story in which each is *known*, with its id. Those that are new to it make one more,
    the first, whose id is made of *name* and of what it holds; they are *known* then."""
    new = [one for one in commits if one.hash not in known]
    stories = {digest(*name, *(one.hash for one in new)): new} if new else {}
    for one in commits:
        if one.hash in known:
            stories.setdefault(known[one.hash], []).append(one)
    known.update((one.hash, id) for id, some in stories.items() for one in reversed(some))
    return list(stories.items())
