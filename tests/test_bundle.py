"""The bundle of a run: all that it was made of, no secret, and nothing in it that can be changed unnoticed."""

import asyncio
import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from newsroom import claude
from studio import studio

from broadcast import runner
from broadcast.bundle import checking, making, packing
from broadcast.bundle.checking import Verdict, hash_of, verify
from broadcast.cli import main
from broadcast.errors import ConfigError, Rejected
from broadcast.logs import Redact
from broadcast.testing import Anthropic
from broadcast.testing.wire import Host, Reply, Request

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
RUN = "town@2026-11-23T17:00:00Z"
SCRIPT = "editions/main/script.json"
SECRETS = {
    "name": "hunter2-telegram-token",
    "query": "hunter2/with+signs",
    "environment": "hunter2-of-the-environment",
}


@dataclass(frozen=True)
class Aired:
    """A run that Claude wrote and HeyGen rendered, and its bundle."""

    town: Town
    path: Path
    video: Path
    fingerprint: str

    def content(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


async def bundled(town: Town, *, videos: bool = False, id: str = RUN) -> making.Bundle:
    async with runner.on_duty(town.settings, rehearsal=True) as station:
        return await making.bundle(station, town.show(), id, Redact(()), videos=videos)


def write(path: Path, made: making.Bundle) -> Path:
    path.write_bytes(b"".join(packing.packed(made.members)))
    return path


@pytest.fixture(scope="module")
def aired(tmp_path_factory: pytest.TempPathFactory) -> Aired:
    folder = tmp_path_factory.mktemp("bundle")

    async def go() -> Aired:
        async with Anthropic() as anthropic, studio(folder) as one:
            one.town.tree["writer"] = [claude(anthropic), "extractive"]
            report = await one.until_it_ends()
            assert "aired" == report.status, described(report)
            made = await bundled(one.town)
            assert report.editions[0].video
            return Aired(one.town, write(folder / "run.zip", made), report.editions[0].video.path, made.fingerprint)

    return asyncio.run(go())


def rezipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def resealed(path: Path, content: dict[str, bytes]) -> Path:
    """Write a bundle whose hashes hold, as somebody would who knows how it is made."""
    manifest = json.loads(content[packing.MANIFEST])
    for one in manifest["members"]:
        data = content[one["name"]]
        one |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    content[packing.MANIFEST] = json.dumps(manifest).encode()
    seal = hashlib.sha256(content[packing.MANIFEST]).hexdigest()
    content[packing.SEAL] = f"{seal}  {packing.MANIFEST}\n".encode()
    return rezipped(path, content)


def said(verdict: Verdict) -> str:
    return "\n".join(verdict.findings)


def outcome(path: Path) -> str:
    """Return what checking it comes to, in words."""
    try:
        return said(verify(path))
    except Rejected as error:
        return str(error)


# --- what is in it


def test_a_bundle_holds_all_that_a_run_was_made_of_and_is_checked_without_anything_else(aired: Aired) -> None:
    content = aired.content()
    found = verify(aired.path)

    expected = {
        "choice.json", "costs.csv", "costs.json", "deeds.json", "exchanges.json", "manifest.json",
        "manifest.sha256", "receipts.json", "report.json", "sources.json", "stories.json", SCRIPT,
        "editions/main/captions.srt", "editions/main/captions.vtt", "editions/main/lint.json",
        "editions/main/stories.json", "editions/main/video.json",
    }  # fmt: skip
    assert expected <= set(content)
    assert (RUN, (), aired.fingerprint) == (found.run, found.findings, found.fingerprint)
    assert len(content) - 2 == found.checked["members"]
    assert found.checked["quotes"] >= found.checked["sentences"] >= 2
    assert 4 == found.checked["stories"]
    asked = json.loads(content["exchanges.json"])
    assert {"tell"} == {one["deed"].split("/")[0] for one in asked}
    assert all(one["request"]["messages"] and one["text"] for one in asked)
    assert ["render", "script", "script"] == sorted(one["what"] for one in json.loads(content["costs.json"]))
    assert "deliver/main/chat/@town" == json.loads(content["receipts.json"])[0]["deed"]
    video = json.loads(content["editions/main/video.json"])
    assert hashlib.sha256(aired.video.read_bytes()).hexdigest() == video["sha256"]
    assert "archive/town/20261123T170000Z/main/video.mp4" == video["path"]
    assert "fleeting" not in video


def test_it_says_itself_what_it_lacks(aired: Aired) -> None:
    lacks = {one["what"]: one["why"] for one in verify(aired.path).missing}

    assert "it was not asked for (`--video`); its hash is kept" == lacks["the video of main"]
    assert (
        "only their hashes are kept, and the stories made of them" == lacks["the answers of the network themselves"]
    )
    assert "they read no network" in lacks["hashes of the answers to wire"]


async def test_the_same_run_is_the_same_file(aired: Aired) -> None:
    again = b"".join(packing.packed((await bundled(aired.town)).members))

    assert aired.path.read_bytes() == again


async def test_what_a_feed_answered_is_known_by_its_hash(tmp_path: Path) -> None:
    class Feeds(Host):
        async def respond(self, request: Request) -> Reply:
            return Reply(200, {"Content-Type": "application/json"}, STORIES)

    at = f"{SLOT:%Y-%m-%dT%H:%M:%SZ}"
    text = "Engineers in Velmora switched on the first of twelve tidal turbines on Monday, the operator says."
    STORIES = json.dumps([{"title": "Turbine opens in Velmora", "text": text, "at": at}]).encode()
    async with Feeds() as feeds:
        town = Town(tmp_path, writer="extractive", stories=1)
        town.tree["renderer"] = town.of("FreeStudio")
        town.tree["sources"] = {"ours": {"use": "stories", "file": f"http://127.0.0.1:{feeds.port}/news.json"}}
        report = await town.air(SLOT)
        assert "aired" == report.status, described(report)
        content = {one.name: one.content for one in (await bundled(town)).members}

    (body,) = json.loads(bytes(content["sources.json"]))["bodies"]  # type: ignore[arg-type]
    assert (hashlib.sha256(STORIES).hexdigest(), len(STORIES), 200) == (
        body["sha256"],
        body["bytes"],
        body["status"],
    )
    assert "127.0.0.1" not in body["label"]


# --- what was changed


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def test_a_byte_of_any_member_that_was_changed_is_found(aired: Aired, tmp_path: Path) -> None:
    content = aired.content()
    for number, name in enumerate(content):
        path = rezipped(tmp_path / f"{number}.zip", {**content, name: flipped(content[name])})
        try:
            assert not verify(path).holds, name
        except Rejected:
            assert packing.MANIFEST == name


def test_a_byte_of_the_file_that_was_changed_never_goes_for_another_run(aired: Aired, tmp_path: Path) -> None:
    whole, sound = aired.path.read_bytes(), aired.content()
    path = tmp_path / "damaged.zip"
    for at in range(0, len(whole), max(len(whole) // 150, 1)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            verdict = verify(path)
        except Rejected:
            continue
        if verdict.holds:  # a time stamp or the like: every member is what it was
            with zipfile.ZipFile(path) as archive:
                assert sound == {name: archive.read(name) for name in archive.namelist()}, at


def test_a_member_that_was_taken_out_renamed_or_added_is_found(aired: Aired, tmp_path: Path) -> None:
    content = aired.content()
    for number, name in enumerate(content):
        less = {key: value for key, value in content.items() if key != name}
        for path in (
            rezipped(tmp_path / f"less-{number}.zip", less),
            rezipped(tmp_path / f"other-{number}.zip", {**less, f"x{name}": content[name]}),
        ):
            assert name in outcome(path), name
    more = rezipped(tmp_path / "more.zip", {**content, "note.txt": b"I was here."})
    assert ("note.txt is in no list: it was added",) == verify(more).findings


def edit(content: dict[str, bytes], name: str, change: Callable[[Any], None]) -> None:
    data = json.loads(content[name])
    change(data)
    content[name] = json.dumps(data, ensure_ascii=False).encode()


def spoken(script: Any) -> Any:
    return next(one for one in script["segments"] if one["kind"] == "story")["sentences"][0]


@pytest.mark.parametrize(
    ("name", "change", "finding"),
    [
        (SCRIPT, lambda data: spoken(data).update(quotes=["The plant explodes."]), "its story does not say"),
        (SCRIPT, lambda data: spoken(data).update(quotes=[]), "no quote proves"),
        (SCRIPT, lambda data: spoken(data).update(text="Some 7,000 engineers drowned."), "do not let it air"),
        ("editions/main/stories.json", lambda data: data[0]["story"].update(text="So"), "not what its hash says"),
        ("stories.json", lambda data: data[0]["story"].update(text="So"), "not what its hash says"),
        ("stories.json", lambda data: data.clear(), "was never fetched"),
        ("editions/main/lint.json", lambda data: data.update(findings=[]), "faults, where 0 were found"),
        ("editions/main/video.json", lambda data: data.update(sha256="0" * 64), "name different videos"),
        ("report.json", lambda data: data["editions"][0]["video"].update(sha256="0" * 64), "names another video"),
        ("report.json", lambda data: data.update(editions="none"), "not made as bundles are"),
        (SCRIPT, lambda data: data.update(segments=3), "not made as bundles are"),
    ],
)  # fmt: skip
def test_what_was_changed_by_somebody_who_mended_the_hashes_is_found_by_what_it_says(
    aired: Aired, tmp_path: Path, name: str, change: Callable[[Any], None], finding: str
) -> None:
    content = aired.content()
    if "lint" in name:  # a finding that stands in the record: the show asked for more than there is to tell
        edit(content, name, lambda data: data["terms"].update(seconds=400))
    edit(content, name, change)

    verdict = verify(resealed(tmp_path / "forged.zip", content))

    assert finding in said(verdict)
    assert aired.fingerprint != verdict.fingerprint


def test_a_told_story_that_was_rewritten_with_its_hash_is_held_against_what_was_fetched(
    aired: Aired, tmp_path: Path
) -> None:
    content = aired.content()

    def change(data: Any) -> None:
        data[0]["story"]["text"] += " The mayor was arrested on Friday."
        data[0]["sha256"] = hash_of(data[0]["story"])

    edit(content, "editions/main/stories.json", change)

    assert "does not say what was fetched" in said(verify(resealed(tmp_path / "forged.zip", content)))


def test_mending_the_hashes_alone_leaves_it_sound(aired: Aired, tmp_path: Path) -> None:
    assert verify(resealed(tmp_path / "same.zip", aired.content())).holds  # so the tests above test what they say


# --- hostile files


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("manifest.json", "w") as file:
        for _ in range(packing.TEXT // (1 << 20) + 1):
            file.write(bytes(1 << 20))


def many(path: Path) -> None:
    rezipped(path, {f"{number}.txt": b"" for number in range(packing.MEMBERS + 1)})


def link(path: Path) -> None:
    info = zipfile.ZipInfo("manifest.json")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("manifest.json", "[]")


def encrypted(path: Path) -> None:
    rezipped(path, {"manifest.json": b"{}"})
    whole = bytearray(path.read_bytes())
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + flag] |= 1
    path.write_bytes(whole)


def video_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("editions/main/video.mp4", bytes(1 << 20))


def with_end(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.comment = b"and more behind it"


def named(name: str) -> Callable[[Path], None]:
    return lambda path: rezipped(path, {name: b"x"}) and None


def holds(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bomb, "unpacks to more than"), (video_bomb, "unpacks to more than it is"), (many, "at most 1000 members"),
        (link, "a link or a device"), (twice, "in it twice"), (encrypted, "is encrypted"),
        (with_end, "something behind it"), (named("../../etc/cron.d/x"), "no name of a member"),
        (named("/etc/passwd"), "no name of a member"), (named("a/../b"), "no name of a member"),
        (named("C:\\x"), "no name of a member"), (named("a\nb"), "no name of a member"),
        (named("x.txt"), "there is no manifest.json"), (holds(b""), "is not a zip"),
        (holds(b"PK\x05\x06" + bytes(18)), "there is no manifest.json"),
        (holds(b"x" * 100 + b"PK\x05\x06" + b"\xff" * 4 + bytes(4) + b"\x40" + bytes(9)), "no bundle"),
        (lambda path: rezipped(path, {"manifest.json": b"[" * 100_000}) and None, "cannot be read"),
        (lambda path: rezipped(path, {"manifest.json": b'{"format": 3}'}) and None, "cannot be read"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: None, "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused_in_words(
    tmp_path: Path, make: Callable[[Path], None], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "it.zip"
    make(path)

    with pytest.raises(Rejected, match=words):
        verify(path)
    assert 1 == main(["verify", str(path)])
    assert words in capsys.readouterr().out
    assert not (tmp_path.parent / "etc").exists()


# --- the video


async def test_the_video_is_in_the_bundle_where_it_was_asked_for_and_comes_in_pieces(
    aired: Aired, tmp_path: Path
) -> None:
    made = await bundled(aired.town, videos=True)
    pieces = list(packing.packed(made.members))
    path = tmp_path / "run.zip"
    path.write_bytes(b"".join(pieces))
    content = path.read_bytes()

    assert verify(path).holds
    assert 1 == verify(path).checked["videos"]
    assert aired.video.read_bytes() in content  # as it is: it would not get smaller
    assert max(map(len, pieces)) < 2 * packing.CHUNK


def test_a_video_at_hand_is_held_against_the_hash(aired: Aired, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"another video")

    assert verify(aired.path, videos=[aired.video]).holds
    assert (f"{other} is no video of this run",) == verify(aired.path, videos=[other]).findings
    with pytest.raises(Rejected, match="cannot be read"):
        verify(aired.path, videos=[tmp_path / "none.mp4"])


def test_a_video_that_was_changed_in_the_archive_is_found(aired: Aired, tmp_path: Path) -> None:
    data = tmp_path / "data"
    path = data / "archive/town/20261123T170000Z/main/video.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(aired.video.read_bytes())
    assert 1 == verify(aired.path, archive=data).checked["videos"]
    assert verify(aired.path, archive=data).holds

    path.write_bytes(b"another video")

    assert "in the archive here is not the video of the run" in said(verify(aired.path, archive=data))


def test_a_bundle_reads_no_file_outside_the_archive(aired: Aired, tmp_path: Path) -> None:
    content = aired.content()
    (tmp_path / "archive").mkdir()
    (tmp_path / "secret").write_bytes(b"x")
    edit(content, "editions/main/video.json", lambda data: data.update(path="archive/../secret"))

    verdict = verify(resealed(tmp_path / "forged.zip", content), archive=tmp_path)

    assert 0 == verdict.checked["videos"]


# --- secrets, and what is gone


async def test_no_secret_is_in_a_bundle_wherever_it_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", SECRETS["environment"])
    async with Anthropic() as anthropic, studio(tmp_path) as one:
        town = one.town
        secrets = {*SECRETS.values(), anthropic.key, one.heygen.key}
        town.tree["writer"] = [claude(anthropic), "extractive"]
        town.tree["channels"]["leak"] = {
            "use": "doubles:Leak", "ledger": str(town.ledger), "secret": SECRETS["name"],
        }  # fmt: skip
        town.tree["channels"]["hook"] = {
            "use": "doubles:Leak", "ledger": str(town.ledger), "secret": SECRETS["query"],
        }  # fmt: skip
        town.tree["sources"]["wire"] = town.of(
            "Wire", prefix=f"story {' '.join(sorted(secrets))} hunter2%2Fwith%2Bsigns"
        )
        await one.until_it_ends()
        made = await bundled(town, videos=False)
        path = write(tmp_path / "run.zip", made)

    content = b"".join(one.content for one in made.members if isinstance(one.content, bytes))
    assert b"Velmora opens tidal power plant story ********" in content
    for secret in (*secrets, "hunter2", str(tmp_path), "hunter2%2Fwith"):
        assert secret.encode() not in content, secret
    assert () == verify(path).findings


async def test_a_run_whose_show_is_gone_has_a_bundle_all_the_same(aired: Aired, tmp_path: Path) -> None:
    async with runner.on_duty(aired.town.settings, rehearsal=True) as station:
        made = await making.bundle(station, None, RUN, Redact(()))

    assert verify(write(tmp_path / "run.zip", made)).holds


async def test_a_run_that_is_not_there_has_none_and_the_reason_is_said(aired: Aired) -> None:
    with pytest.raises(ConfigError, match="older than its show's `keep` is gone"):
        await bundled(aired.town, id="town@2020-01-01T00:00:00Z")


async def test_a_run_that_came_to_nothing_has_a_bundle_that_says_so(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["sources"]["wire"] = town.of("Wire", trouble="refused")
    await town.air(SLOT)

    verdict = verify(write(tmp_path / "run.zip", await bundled(town)))

    assert verdict.holds
    assert "the run did not come so far, or too few sources answered" in str(verdict.missing)


async def test_what_is_gone_from_the_archive_is_said(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = town.of("FreeStudio")
    report = await town.air(SLOT)
    assert report.editions[0].video
    report.editions[0].video.path.unlink()

    verdict = verify(write(tmp_path / "run.zip", await bundled(town, videos=True)))

    assert verdict.holds
    assert "it is no longer in the archive of this machine; its hash is kept" in str(verdict.missing)


# --- the command line


@pytest.fixture
def here(aired: Aired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(aired.town.settings.broadcast_data_dir))
    monkeypatch.setenv("BROADCAST_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path


def called(*arguments: str) -> tuple[int, Any]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = main([*arguments, "--json"])
    return code, json.loads(out.getvalue())


def test_the_command_line_writes_a_bundle_and_checks_it(aired: Aired, here: Path) -> None:
    code, made = called("bundle", RUN)
    assert (0, "town@20261123T170000Z.bundle.zip") == (code, made["path"])

    code, found = called("verify", made["path"], "--fingerprint", made["fingerprint"], "--video", str(aired.video))
    assert (0, True, [], 2) == (code, found["holds"], found["findings"], found["checked"]["videos"])

    code, found = called("verify", made["path"], "--fingerprint", "0" * 64)
    assert (1, False) == (code, found["holds"])
    assert "not the one that was given" in found["findings"][0]

    assert 2 == called("bundle", RUN, "--out", "nowhere/run.zip")[0]
    assert 2 == called("bundle", "town@2020-01-01T00:00:00Z")[0]
    assert ["town@20261123T170000Z.bundle.zip"] == [path.name for path in here.iterdir()]
    assert checking.verify(here / made["path"]).holds
