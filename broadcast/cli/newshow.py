"""`broadcast new`: a commented show file to begin with."""

import re
from pathlib import Path

from broadcast.config.mistakes import NAME
from broadcast.errors import ConfigError
from broadcast.scripting import kinds

TEMPLATE = """\
# {name}: {about}
# Air it with: broadcast run {name}      Look first: broadcast preview {name}
# All keys: broadcast schema             All plugins and their settings: broadcast plugins

title: {title}
kind: {kind}                 # the structure: {kinds}
language: en                     # intro and sign-off are spoken in it; stories in other languages are left out
seconds: {seconds:g}                      # how long the video should last
stories: {stories}                       # at most so many

# When it is due, for `broadcast run {name}` called by cron or CI; without it every call is a broadcast of its own:
# schedule: {{cron: "{cron}", timezone: Europe/Berlin, grace: 2h}}

window: since-last               # stories since the last broadcast; or a length of time, as 24h

sources:                         # any number; a dead one is noted and the show airs without it
{sources}
quorum: 1                        # fail when fewer sources than this answered

writer: extractive               # the sources' own sentences, word for word: needs no key. With ANTHROPIC_API_KEY
                                 # [claude, extractive] has Claude tell them, each sentence proven by its source
renderer: newsdesk               # the local renderer: no key. {{use: newsdesk, orientation: portrait}} for phones

channels:
  folder: {{use: folder, path: out}}   # the video with captions, and a page that plays it: out/index.html

# Where a web server shows that folder to the public, name its address and every video gets a lasting link:
# publish: {{use: folder, path: site, url: "https://news.example.com"}}

# One variant per language, length or shape. Each goes to the channels it names; one that names none goes to those
# that no other names:
# editions:
#   main: {{}}
#   phone: {{orientation: portrait, seconds: 30, channels: [phone]}}    # with a channel `phone` above

# keep: 90d                      # runs and their files older than that are removed; without it they stay

brand:
  name: {title}
  colour: "#FF4455"
  # logo: logo.png               # PNG or JPEG, beside this file
"""

NEWS = """\
  bbc: {use: rss, url: "https://feeds.bbci.co.uk/news/world/rss.xml", limit: 10}
  hacker-news: {use: rss, url: "https://news.ycombinator.com/rss", limit: 10}
  # metrics:                     # a JSON API of your own; ${NAME} is filled from the environment or .env
  #   use: metrics
  #   url: https://api.example.com/weekly-stats
  #   headers: {Authorization: "Bearer ${METRICS_TOKEN}"}
  #   title: "This week: {new_users} new users, {revenue} revenue"
  #   summary: "Growth of {growth_pct}% week over week"
"""
RELEASES = """\
  releases: {use: rss, url: "https://github.com/python/cpython/releases.atom", limit: 10}
"""

CRONS = {
    "report": "0 8 * * mon",
    "weekly-roundup": "0 16 * * fri",
    "all-hands": "0 9 * * mon",
    "changelog": "0 15 * * mon-fri",
}


def write(name: str, kind: str, folder: Path) -> Path:
    """Write a new show file into *folder*. Raises `ConfigError`; never writes over one."""
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"{name!r} cannot be a name: use letters, digits, dots, dashes and underscores")
    preset = kinds.load(kind)
    path = folder / f"{name}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text(name, preset))
    except FileExistsError:
        raise ConfigError("is there already; choose another name", where=str(path)) from None
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(path)) from None
    return path


def text(name: str, kind: kinds.Kind) -> str:
    """Return the file's text. Pure."""
    return TEMPLATE.format(
        name=name,
        title=re.sub(r"[-_.]+", " ", name).strip().capitalize() or name,
        kind=kind.name,
        about=kind.about,
        kinds=", ".join(kinds.names()),
        seconds=kind.seconds,
        stories=kind.stories,
        cron=CRONS.get(kind.name, "0 17 * * mon-fri"),
        sources=RELEASES if kind.name == "changelog" else NEWS,
    )
