"""What goes into the bundle of a run, gathered from the journal and the archive."""

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from broadcast.errors import ConfigError
from broadcast.journal.books import Books, as_csv
from broadcast.journal.deeds import Item
from broadcast.journal.runs import Row
from broadcast.logs import Redact
from broadcast.settings import SECRET_NAME
from broadcast.show import Show
from broadcast.stages.reading import Reading
from broadcast.station import Station
from broadcast.types import Chosen, Exchange, Gathered, Noun, Story, Video, Written

from .checking import LINT, hash_of, linted
from .packing import FORMAT, MANIFEST, NAME, SEAL, VIDEO, Member, sha256

T = TypeVar("T", bound=Noun)

SHORTEST = 8  #: characters of a secret that a variable holds; a shorter one would black out innocent words
ANSWERED = ("gate", "asked", "ends", "fallback", "verdict", "who", "via", "said", "at")  #: of a gate
ENTRIES = 1_000  #: of the audit log


@dataclass(frozen=True)
class Bundle:
    """What a bundle is made of, in its order, and the fingerprint by which it is known."""

    run: str
    members: tuple[Member, ...]
    missing: tuple[Mapping[str, str], ...]

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the manifest. Who keeps it elsewhere can tell a bundle that was rewritten whole."""
        return next(one.sha256 for one in self.members if one.name == MANIFEST)

    @property
    def file_name(self) -> str:
        show, _, slot = self.run.rpartition("@")
        return f"{show}@{slot.replace('-', '').replace(':', '')}.bundle.zip"


async def bundle(station: Station, show: Show | None, id: str, redact: Redact, *, videos: bool = False) -> Bundle:
    """Gather the bundle of the run *id*; with *videos* the videos as well.

    *show* is its show where that still has a file: what it was asked for is in the bundle then, and its secrets are
    kept out. Raises `ConfigError` where there is no such run.
    """
    found = await station.runs.find(id)
    if found is None:
        raise ConfigError(
            f"there is no run {id!r}; `broadcast runs` lists them. One older than its show's `keep` is gone, and"
            " what its bundle would hold with it"
        )
    row, items = found
    entries = await Books(station.store).of_run(id)
    gates = await station.approvals.of_run(id)
    log = await station.audit.newest(limit=ENTRIES, run=id)
    data = station.settings.broadcast_data_dir.absolute()
    making = _Making(row, items, show, _redacted(station, show, redact), data)

    def gather() -> Bundle:
        making.add_gathered()
        making.add_told()
        for edition in making.editions:
            making.add_edition(edition)
            making.add_video(edition, with_file=videos)
        making.add_rest()
        making.json("audit.json", "who asked for what by hand, when, and what came of it", [*map(vars, log)])
        # Not what would let somebody answer: the links of a question are signed with its key.
        answers = [{name: getattr(one, name) for name in ANSWERED} for one in gates]
        making.json("approvals.json", "what people were asked before it paid or published, and said", answers)
        making.json("costs.json", "what was set aside and paid, deed by deed, in USD", [*map(vars, entries)])
        making.text("costs.csv", "the same as a table", "".join(as_csv(entries)))
        return Bundle(id, tuple(making.sealed()), tuple(making.missing))

    return await asyncio.to_thread(gather)


def _redacted(station: Station, show: Show | None, redact: Redact) -> Redact:
    """Return what takes out every secret that this installation knows, also as addresses spell it."""
    known = {value for name, value in station.settings.variables.items() if _is_secret(name, value)}
    known |= show.secrets if show else frozenset()
    return redact.also({*known, *(quote(one, safe="") for one in known)})


def _is_secret(name: str, value: str) -> bool:
    """Return whether a variable holds a secret, as far as can be told: one of its words must not black out news."""
    plain = "AUTHOR" in name or value.startswith("/") or any(one.isspace() for one in value)
    return len(value) >= SHORTEST and not plain and SECRET_NAME.search(name) is not None


@dataclass
class _Making:
    row: Row
    items: Sequence[Item]
    show: Show | None
    redact: Redact
    data: Path
    members: list[Member] = field(default_factory=list)
    missing: list[Mapping[str, str]] = field(default_factory=list)
    videos: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def editions(self) -> list[str]:
        names = [item.key.partition("/")[2] for item in self.items if item.key.startswith("write/")]
        return sorted(name for name in names if NAME.fullmatch(name) and "/" not in name)

    # --- members

    def json(self, name: str, what: str, data: Any) -> None:
        """Add *data*, which models, paths and times may be part of, as JSON."""
        text = json.dumps(self.clean(data), ensure_ascii=False, indent=1, sort_keys=True)
        self._add(name, what, text.encode("utf-8", "replace") + b"\n")

    def clean(self, data: Any) -> Any:
        """Return *data* as JSON has it, without secrets, and without where on this machine its files are."""
        plain = json.loads(json.dumps(data, default=_plain, ensure_ascii=False))
        return _relative(self.redact.data(plain), str(self.data))

    def hashed(self, stories: Sequence[Story]) -> list[Mapping[str, Any]]:
        return [{"sha256": hash_of(story), "story": story} for story in self.clean(stories)]

    def text(self, name: str, what: str, text: str) -> None:
        self._add(name, what, self.redact.text(text).encode("utf-8", "replace"))

    def _add(self, name: str, what: str, content: bytes | Path) -> None:
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        self.members.append(Member(name, what, content, sha256(content), size))

    def lacks(self, what: str, why: str) -> None:
        self.missing.append({"what": what, "why": why})

    # --- what was read and chosen

    def add_gathered(self) -> None:
        gathered = self._result("gather", Gathered)
        if gathered is None:
            self.lacks("sources and stories", "the run did not come so far, or too few sources answered")
            return
        self.json("sources.json", "which sources were asked, and the hash of every answer of theirs", {
            "sources": gathered.sources, "bodies": gathered.bodies, "notes": gathered.notes,
        })  # fmt: skip
        asked = {one.source for one in gathered.bodies}
        deaf = [one.name for one in gathered.sources if one.stories and one.name not in asked]
        if deaf:
            why = "they read no network, or the run is of a version that wrote no hashes down"
            self.lacks(f"hashes of the answers to {', '.join(deaf)}", why)
        self.lacks(
            "the answers of the network themselves", "only their hashes are kept, and the stories made of them"
        )
        self.json("stories.json", "every story as its source gave it, with a hash", self.hashed(gathered.stories))

    def add_told(self) -> None:
        articles = []
        chosen = self._result("choose", Chosen) or Chosen()
        for story in chosen.pool:
            name = hashlib.sha256(story.key.encode()).hexdigest()[:16]
            if (read := self._result(f"read/{name}", Reading)) and read.text:
                text = self.clean(read.text)
                articles.append({"story": story.key, "sha256": hash_of(text), "text": text})
        if articles:
            self.json("articles.json", "the articles that were read behind teasers, with hashes", articles)
        self.json("choice.json", "which stories were chosen for which edition, in airing order, and why", {
            "editions": chosen.editions, "why": chosen.why, "notes": chosen.notes,
        })  # fmt: skip
        asked = [
            {"deed": item.key, **found.model_dump(mode="json")}
            for item in self.items
            if item.key.startswith("tell/") and (found := _parsed(item, Exchange))
        ]
        if asked:
            self.json("exchanges.json", "every question to a model, as it was sent, and its answer", asked)

    # --- what was said and shown

    def add_edition(self, edition: str) -> None:
        folder = f"editions/{edition}"
        written = self._result(f"write/{edition}", Written)
        if written is None:
            self.lacks(f"the script of {edition}", "it was not written")
            return
        if approved := self._result(f"approved/{edition}", Written):
            self.json(f"{folder}/written.json", "the script as it was before a person edited it", written.script)
            written = approved
        what = "the stories as they were told from, with hashes"
        self.json(f"{folder}/stories.json", what, self.hashed(written.stories))
        what = "the script: every sentence with the quotes that prove it"
        self.json(f"{folder}/script.json", what, written.script)
        mine = next((one for one in self.show.editions if one.name == edition), None) if self.show else None
        terms = {"seconds": mine.seconds if mine else None, "link": self.show.link if self.show else ""}
        # Of what the bundle holds, which is what can be checked again.
        told = Written.model_validate(self.clean(written))
        found = linted(told.script, told.stories, self.row.slot, terms)
        what = "what the rules find in it; a fault in a story would have kept that off the air"
        self.json(f"{folder}/{LINT}", what, {"terms": terms, "findings": found})
        for item in self.items:
            role, *parts = item.key.split("/")
            if role == "submit" and parts[0] == edition and len(parts) == 3 and "prompt" in item.kept:
                what = f"the prompt that {parts[1]} was sent, attempt {parts[2]}"
                self.text(f"{folder}/prompt-{_safe(parts[1])}-{_safe(parts[2])}.txt", what, item.kept["prompt"])

    def add_video(self, edition: str, *, with_file: bool) -> None:
        """Add what is known of an edition's video, its subtitles, and, *with_file*, the video itself."""
        folder = f"editions/{edition}"
        video = self._result(f"publish/{edition}", Video) or self._result(f"video/{edition}", Video)
        if video is None:
            self.lacks(f"the video of {edition}", "it was not made")
            return
        made = self._result(f"video/{edition}", Video) or video
        known = {**made.model_dump(mode="json", exclude={"fleeting"}), "url": video.url, "page": video.page}
        self.json(f"{folder}/video.json", "the video: its hash, its length, who made it", known)
        for name, path in (("captions.srt", video.srt), ("captions.vtt", video.vtt)):
            if path and path.is_file():
                self.text(f"{folder}/{name}", "the subtitles", path.read_text(encoding="utf-8", errors="replace"))
            elif path:
                self.lacks(f"{name} of {edition}", "it is no longer in the archive of this machine")
        member = None
        if not video.path.is_file():
            self.lacks(
                f"the video of {edition}", "it is no longer in the archive of this machine; its hash is kept"
            )
        elif with_file and video.path.stat().st_size > VIDEO:
            self.lacks(f"the video of {edition}", f"it has more than {VIDEO:,} bytes; its hash is kept")
        elif with_file:
            member = f"{folder}/video.mp4"
            self._add(member, "the video", video.path)
        else:
            self.lacks(f"the video of {edition}", "it was not asked for (`--video`); its hash is kept")
        self.videos.append({"edition": edition, "sha256": made.sha256, "bytes": made.bytes, "member": member})

    # --- what became of it

    def add_rest(self) -> None:
        report = self.row.report
        if report is None:
            self.lacks("the report", "the run has not come to an end")
        else:
            self.json("report.json", "the report of the run, with every receipt", report)
        sent = [
            {"deed": item.key, "done": item.done, "ended": item.ended, "result": json.loads(item.result or "null")}
            for item in self.items
            if item.key.split("/")[0] in ("deliver", "retract")
        ]
        self.json("receipts.json", "what became of every message, as the journal has it", sent)
        self.json("deeds.json", "every deed of the run, when it was begun and ended", [
            {"key": item.key, "deed": item.deed, "begun": item.begun, "ended": item.ended, "done": item.done}
            for item in self.items
        ])  # fmt: skip

    def sealed(self) -> Iterator[Member]:
        """Yield the manifest, its seal, and the members that it names."""
        members = sorted(self.members, key=lambda one: (one.is_video, one.name))
        data = {
            "format": FORMAT,
            "run": self.row.id,
            "show": self.row.show,
            "slot": f"{self.row.slot:%Y-%m-%dT%H:%M:%SZ}",
            "status": self.row.status,
            "written_by": f"broadcast {version('broadcast')}",
            "members": [
                {"name": one.name, "sha256": one.sha256, "bytes": one.bytes, "what": one.what} for one in members
            ],
            "videos": self.videos,
            "missing": self.missing,
        }
        text = json.dumps(self.redact.data(data), ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
        manifest = Member(MANIFEST, "what is in here", text, sha256(text), len(text))
        seal = f"{manifest.sha256}  {MANIFEST}\n".encode()
        yield manifest
        yield Member(SEAL, "the manifest's hash", seal, sha256(seal), len(seal))
        yield from members

    def _result(self, key: str, type: type[T]) -> T | None:
        return next((_parsed(item, type) for item in self.items if item.key == key and item.done), None)


def _parsed(item: Item, type: type[T]) -> T | None:
    """Return what a deed came to; None where another version wrote it in its own way."""
    try:
        return type.model_validate_json(item.result or "")
    except ValidationError:
        return None


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, Noun) else str(value)


def _relative(data: Any, root: str) -> Any:
    """Return *data* with files named from the data directory on: where that is tells of this machine alone."""
    if isinstance(data, str):
        return data.replace(f"{root}/", "")
    if isinstance(data, dict):
        return {key: _relative(value, root) for key, value in data.items()}
    if isinstance(data, list):
        return [_relative(one, root) for one in data]
    return data


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)[:64] or "-"
