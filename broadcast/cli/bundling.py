"""`broadcast bundle` writes down what a run was made of; `broadcast verify` holds such a file against itself."""

import argparse
from pathlib import Path

from broadcast import config
from broadcast.errors import ConfigError, Rejected
from broadcast.logs import Redact
from broadcast.settings import Settings
from broadcast.show import Show
from broadcast.text import counted

from .calls import say, together

#: What was checked, where it is one.
ONE = {"members": "member", "stories": "story", "sentences": "sentence", "quotes": "quote", "videos": "video"}


def bundle(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import runner
    from broadcast.bundle import making, packing

    show = _show(arguments.run.rpartition("@")[0], known)

    async def go() -> making.Bundle:
        async with runner.on_duty(known, rehearsal=True) as station:
            return await making.bundle(station, show, arguments.run, redact, videos=arguments.video)

    made = together(go())
    path = Path(arguments.out or made.file_name)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            for piece in packing.packed(made.members):
                file.write(piece)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"cannot be written: {error.strerror or error}", where=str(path)) from None
    missing = [f"  lacks {one['what']}: {one['why']}" for one in made.missing]
    data = {
        "run": made.run, "path": str(path), "fingerprint": made.fingerprint, "members": len(made.members),
        "bytes": path.stat().st_size, "missing": list(made.missing),
    }  # fmt: skip
    size = f"{counted(len(made.members), 'member', 'members')}, {data['bytes']:,} bytes"
    said = f"{path}: {size}; fingerprint {made.fingerprint}"
    say(arguments, redact, data, [said, *missing])
    return 0


def verify(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast.bundle import checking

    path = Path(arguments.bundle)
    try:
        videos = [Path(one) for one in arguments.video or ()]
        found = checking.verify(path, videos=videos, archive=known.broadcast_data_dir.absolute())
        findings = [*found.findings]
    except Rejected as error:
        say(
            arguments, redact, {"bundle": str(path), "holds": False, "findings": [str(error)]}, [f"{path}: {error}"]
        )
        return 1
    if arguments.fingerprint and arguments.fingerprint.lower() != found.fingerprint:
        findings.insert(0, f"its fingerprint is {found.fingerprint}, and not the one that was given")
    data = {
        "bundle": str(path), "run": found.run, "holds": not findings, "fingerprint": found.fingerprint,
        "findings": findings, "checked": dict(found.checked), "missing": list(found.missing),
    }  # fmt: skip
    counts = ", ".join(counted(count, ONE.get(what, what), what) for what, count in found.checked.items())
    lines = [
        f"{path}: {found.run} {'does not hold' if findings else 'holds'} ({counts})",
        f"  fingerprint {found.fingerprint}",
        *(f"  {finding}" for finding in findings),
        *(f"  lacks {one.get('what')}: {one.get('why')}" for one in found.missing),
    ]
    say(arguments, redact, data, lines)
    return 1 if findings else 0


def _show(name: str, known: Settings) -> Show | None:
    """Return the show, where its file can still be read: it is needed for little, and a run outlives it."""
    try:
        return config.load(name, known)
    except ConfigError:
        return None


COMMANDS = (bundle, verify)
