"""Whether a bundle holds: every hash, every quote in its story, the rules once more, the video. Without network."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from broadcast.errors import Rejected
from broadcast.scripting.lint import lint, lint_script, verbatim
from broadcast.text import clean, cut
from broadcast.types import Brief, Draft, Script, Segment, Story

from .packing import FORMAT, MANIFEST, SEAL, Opened, opened, sha256
from .shapes import Article, Found, Hashed, Linted, Manifest, Report, Video

T = TypeVar("T")

LINT = "lint.json"
SHOWN = 120  #: characters of a sentence in a finding
LONGEST, SEGMENTS = 200_000, 100  #: characters of a story, and segments of a script, that are held against rules
MOST = 200  #: findings that are spelled out


@dataclass(frozen=True)
class Verdict:
    """What checking a bundle came to. It holds where there are no findings."""

    run: str
    fingerprint: str  #: SHA-256 of the manifest
    findings: tuple[str, ...]
    checked: Mapping[str, int]  #: how many members, sentences, quotes, stories and videos
    missing: tuple[Mapping[str, str], ...]  #: what the bundle itself says it lacks

    @property
    def holds(self) -> bool:
        return not self.findings


def verify(path: Path, *, videos: Sequence[Path] = (), archive: Path | None = None) -> Verdict:
    """Check the bundle at *path*; *videos* are files that must be videos of it.

    A video that lies where the bundle says, under the data directory *archive*, is checked as well. Raises
    `Rejected` where it is no bundle, or may not be opened.
    """
    held = opened(path)
    try:
        return _Check(held, archive).all(videos)
    finally:
        held.close()


class _Check:
    def __init__(self, held: Opened, archive: Path | None) -> None:
        self._held, self._archive = held, archive
        if MANIFEST not in held.names:
            raise Rejected(f"it is no bundle: there is no {MANIFEST} in it")
        text = held.read(MANIFEST)
        self._fingerprint = sha256(text)
        try:
            self._manifest = Manifest.model_validate_json(text)
        except ValidationError:
            raise Rejected(f"its {MANIFEST} cannot be read: it was changed, or is of a newer version") from None
        if self._manifest.format != FORMAT:
            raise Rejected(f"it is a {clean(self._manifest.format, 40)!r}, and this version knows {FORMAT!r}")
        self._counts = dict.fromkeys(("members", "stories", "sentences", "quotes", "videos"), 0)
        self._sound: set[str] = set()  #: members that are what the manifest says

    def all(self, videos: Sequence[Path]) -> Verdict:
        findings = [*self._seal(), *self._members()]
        for look in (self._told(), self._videos(videos)):
            try:
                findings += look
            except ValidationError as error:  # the hashes hold: it was written so
                findings.append(f"a member is not made as bundles are: {error.errors()[0]['msg']}")
        more = [f"and {len(findings) - MOST} more"] if len(findings) > MOST else []
        return Verdict(
            run=clean(self._manifest.run, 200),
            fingerprint=self._fingerprint,
            findings=(*findings[:MOST], *more),
            checked=self._counts,
            missing=self._manifest.missing,
        )

    # --- hashes

    def _seal(self) -> Iterator[str]:
        if SEAL not in self._held.names:
            yield f"{SEAL} is not there"
        elif self._read(SEAL) != f"{self._fingerprint}  {MANIFEST}\n".encode():
            yield f"{MANIFEST} is not what {SEAL} says"

    def _members(self) -> Iterator[str]:
        known = {one.name for one in self._manifest.members}
        for name in self._held.names:
            if name not in known and name not in (MANIFEST, SEAL):
                yield f"{name} is in no list: it was added"
        if len(known) != len(self._manifest.members):
            yield f"{MANIFEST} names a member twice"
        for one in self._manifest.members:
            if one.name not in self._held.names:
                yield f"{clean(one.name, SHOWN)} is not there"
                continue
            try:
                digest, size = self._held.digest(one.name)
            except Rejected as error:
                yield str(error)
                continue
            self._counts["members"] += 1
            if (digest, size) == (one.sha256, one.bytes):
                self._sound.add(one.name)
            else:
                yield f"{one.name} is not what it was: its hash is another"

    def _read(self, name: str) -> bytes:
        try:
            return self._held.read(name)
        except Rejected:
            return b""

    def _data(self, name: str, type: TypeAdapter[T]) -> T | None:
        """Return a member that holds JSON; None where it is not there, or known not to be what it was."""
        if name not in self._sound:
            return None
        return type.validate_json(self._held.read(name))

    # --- what was said

    def _told(self) -> Iterator[str]:
        fetched, said = self._fetched()
        yield from said
        names = sorted(name for name in self._sound if name.startswith("editions/") and name.count("/") == 2)
        for name in (name for name in names if name.endswith("/script.json")):
            yield from self._edition(name.split("/")[1], fetched)

    def _fetched(self) -> tuple[dict[str, tuple[Story, list[str]]] | None, list[str]]:
        """Return the stories as they were fetched, each with the texts that it may be told from; and findings."""
        hashed = self._data("stories.json", TypeAdapter(list[Hashed]))
        if hashed is None:
            return None, []
        stories = [Story.model_validate(one.story) for one in hashed]
        findings = [
            f"the story {story.title[:SHOWN]!r} is not what its hash says"
            for one, story in zip(hashed, stories, strict=True)
            if hash_of(one.story) != one.sha256
        ]
        known = {story.key: (story, [story.text]) for story in stories}
        for article in self._data("articles.json", TypeAdapter(list[Article])) or ():
            if hash_of(article.text) != article.sha256:
                findings.append(f"the article of {article.story[:SHOWN]!r} is not what its hash says")
            if article.story in known:
                known[article.story][1].append(article.text)
        self._counts["stories"] += len(stories)
        return known, findings

    def _edition(self, edition: str, fetched: dict[str, tuple[Story, list[str]]] | None) -> Iterator[str]:
        script = self._data(f"editions/{edition}/script.json", TypeAdapter(Script))
        hashed = self._data(f"editions/{edition}/stories.json", TypeAdapter(list[Hashed]))
        if script is None or hashed is None:
            return
        stories = [Story.model_validate(one.story) for one in hashed]
        if any(len(story.text) > LONGEST for story in stories) or len(script.segments) > SEGMENTS:
            yield f"{edition}: it tells more than any show of ours"
            return
        for one, story in zip(hashed, stories, strict=True):
            title = story.title[:SHOWN]
            if hash_of(one.story) != one.sha256:
                yield f"{edition}: the story {title!r} is not what its hash says"
            if fetched is not None and story.key not in fetched:
                yield f"{edition}: the story {title!r} was never fetched"
            elif fetched is not None:
                source, texts = fetched[story.key]
                if story.title != source.title or story.text not in texts:
                    yield f"{edition}: the story {title!r} does not say what was fetched"
        known = {story.key: story for story in stories}
        for segment in script.segments:
            yield from (f"{edition}: {words}" for words in self._unproven(segment, known))
        yield from (f"{edition}: {words}" for words in self._unruly(edition, script, stories))

    def _unproven(self, segment: Segment, stories: Mapping[str, Story]) -> Iterator[str]:
        """Yield what of a segment is not in its story, word for word."""
        if segment.kind != "story":
            return
        if (story := stories.get(segment.story)) is None:
            yield f"a segment tells a story that is not there: {segment.story[:SHOWN]!r}"
            return
        for sentence in segment.sentences:
            self._counts["sentences"] += 1
            if not sentence.quotes:
                yield f"no quote proves {cut(sentence.text, SHOWN)!r}"
            for quote in sentence.quotes:
                self._counts["quotes"] += 1
                if not verbatim(quote, story):
                    yield f"its story does not say {cut(quote, SHOWN)!r}"

    def _unruly(self, edition: str, script: Script, stories: Sequence[Story]) -> Iterator[str]:
        """Yield what the rules find now: a fault in a story, or another result than was written down."""
        recorded = self._data(f"editions/{edition}/{LINT}", TypeAdapter(Linted))
        if recorded is None:
            return
        found = [Found.model_validate(one) for one in linted(script, stories, self._manifest.slot, recorded.terms)]
        for one in found:
            if one.story:
                said = f"{one.code} {one.message}: {cut(one.text, SHOWN)}"
                yield f"the rules of this version do not let it air: {said}"
        if tuple(found) != recorded.findings and not any(one.story for one in found):
            yield f"the rules of this version find {len(found)} faults, where {len(recorded.findings)} were found"

    # --- the video

    def _videos(self, files: Sequence[Path]) -> Iterator[str]:
        videos = {one.edition: one for one in self._manifest.videos}
        for edition, one in videos.items():
            data = self._data(f"editions/{edition}/video.json", TypeAdapter(Video))
            if data and data.sha256 != one.sha256:
                yield f"{MANIFEST} and video.json of {edition} name different videos"
            if one.member:
                self._counts["videos"] += 1
                if one.member in self._sound and self._held.digest(one.member)[0] != one.sha256:
                    yield f"{one.member} is not the video of the run"
            elif data and self._archive and (path := _within(self._archive, data.path)):
                self._counts["videos"] += 1
                if sha256(path) != one.sha256:
                    yield f"{data.path} in the archive here is not the video of the run"
        report = self._data("report.json", TypeAdapter(Report))
        for reported in report.editions if report else ():
            filmed = videos.get(reported.name)
            if filmed and reported.video and reported.video.sha256 != filmed.sha256:
                yield f"the report names another video of {filmed.edition}"
        hashes = {one.sha256 for one in videos.values()}
        for path in files:
            self._counts["videos"] += 1
            try:
                if sha256(path) not in hashes:
                    yield f"{path} is no video of this run"
            except OSError as error:
                raise Rejected(f"{path} cannot be read: {error.strerror or error}") from None


def linted(
    script: Script, stories: Sequence[Story], slot: datetime, terms: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Return what the rules find in *script*: in the segments of stories, and in the script as a whole. Pure.

    *terms* say what was asked for: `seconds`, and the show's own `link`. Where they are not known the length is not
    judged.
    """
    seconds, link = terms.get("seconds"), str(terms.get("link") or "")
    brief = Brief(kind=script.kind, language=script.language, seconds=float(seconds or script.seconds), at=slot)
    known = {story.key: story for story in stories}
    found: list[dict[str, str]] = []
    for segment in script.segments:
        if segment.kind == "story" and segment.story in known:
            said = Draft(
                story=segment.story, sentences=segment.sentences, overlays=segment.overlays, writer=segment.writer
            )
            found += [
                {"code": one.code, "message": one.message, "text": one.text, "story": segment.story}
                for one in lint(said, known[segment.story], brief)
            ]
    inside = {(one["code"], one["message"], one["text"]) for one in found}
    whole = lint_script(script, stories, brief.seconds, brief=brief, link=link)
    return found + [
        {"code": one.code, "message": one.message, "text": one.text, "story": ""}
        for one in whole
        if (one.code, one.message, one.text) not in inside
    ]


def hash_of(data: Any) -> str:
    """Return the hash of a story or a text: of its JSON with sorted keys and no spaces, in UTF-8. Pure."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _within(root: Path, name: str) -> Path | None:
    """Return the file *name* of the archive, where it is there and really in it."""
    path = (root / name).resolve()
    return path if path.is_relative_to((root / "archive").resolve()) and path.is_file() else None
