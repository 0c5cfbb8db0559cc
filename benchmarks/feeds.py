"""What hundreds of feeds cost: reading them beside stock feedparser, gathering them beside plain downloads.

    python benchmarks/feeds.py [FOLDER]

FOLDER holds recorded feeds; without it a few are made up. They are served again and again, as 500 feeds of 250
hosts, by another process of this machine. CPU seconds and what is compared inside one run are what to trust.
"""

import asyncio
import hashlib
import io
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from xml.sax.saxutils import quoteattr

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

FEEDS, HOSTS = 500, 250
USUAL, MORE = 5, 20  #: newest entries of a feed: what `opml` looks at, and some more
ALL = 500  #: entries of a feed, when they are counted


def bodies(folder: Path | None) -> list[bytes]:
    """Return what is served: the files of *folder*, or feeds of our own making."""
    if folder:
        paths = (path for path in sorted(folder.iterdir()) if path.suffix in (".xml", ".json", ".rss", ".atom"))
        return [path.read_bytes() for path in paths]
    from broadcast.feeds import Entry
    from broadcast.testing import rss

    day, words = datetime(2026, 11, 23, tzinfo=UTC), "<p>Something <b>has</b> happened &amp; more.</p> " * 60
    return [
        rss(
            f"Feed {n}", [Entry(id=f"{i}", title=f"{n} {i}", text=words, published=day) for i in range(20)]
        ).encode()
        for n in range(40)
    ]


def etags(served: list[bytes]) -> list[str]:
    return [f'"{hashlib.sha256(body).hexdigest()[:16]}"' for body in served]


def addresses(port: int) -> list[str]:
    return [f"http://127.0.{n % HOSTS // 200 + 1}.{n % HOSTS % 200 + 1}:{port}/{n}" for n in range(FEEDS)]


# --- the server, in a process of its own


async def serve(folder: Path | None) -> None:
    """Serve every feed with an ETag, until the input ends: at little cost, for real ones are elsewhere."""
    served = bodies(folder)
    tags = etags(served)

    class Answers(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.heard = cast(asyncio.WriteTransport, transport), b""

        def data_received(self, data: bytes) -> None:
            *heads, self.heard = (self.heard + data).split(b"\r\n\r\n")
            for head in heads:
                number = int(head.split(b" ", 2)[1].lstrip(b"/")) % len(served)
                same = tags[number].encode() in head
                body = b"" if same else served[number]
                status = "304 Not Modified" if same else "200 OK"
                said = f"HTTP/1.1 {status}\r\nETag: {tags[number]}\r\nContent-Length: {len(body)}\r\n\r\n"
                self.transport.write(said.encode() + body)

    loop = asyncio.get_running_loop()
    hosts = sorted({url.split("/")[2].split(":")[0] for url in addresses(0)})
    first = await loop.create_server(Answers, hosts[0], 0)
    port = first.sockets[0].getsockname()[1]
    others = await loop.create_server(Answers, hosts[1:], port, backlog=64)
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    others.close()
    first.close()


# --- what is measured


def cpu(do: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = do()
    return time.process_time() - start, found


def parsing(served: list[bytes]) -> None:
    """Compare the reading of each distinct feed with stock feedparser's, and what is found in them."""
    import feedparser

    from broadcast.errors import Rejected
    from broadcast.feeds import Feed, parse

    def ours(body: bytes, limit: int) -> Feed:
        try:
            return parse(body, "", "http://feeds.example/x", limit)
        except Rejected as error:
            print(f"  refused: {error}")
            return Feed()

    where = {"content-location": "http://feeds.example/x"}
    theirs, stock = cpu(lambda: [feedparser.parse(io.BytesIO(body), response_headers=where) for body in served])
    usual, _ = cpu(lambda: [ours(body, USUAL) for body in served])
    told, _ = cpu(lambda: [ours(body, MORE) for body in served])
    all_, read = cpu(lambda: [ours(body, ALL) for body in served])
    size = sum(map(len, served))
    print(f"{len(served)} feeds, {size / 1e6:.1f} MB, parse CPU: feedparser {theirs:.2f} s")
    print(f"  ours, the {USUAL} newest of each:  {usual:.2f} s, 1/{theirs / usual:.1f}")
    print(f"  ours, the {MORE} newest of each: {told:.2f} s, 1/{theirs / told:.1f}; {size / told / 1e6:.0f} MB/s")
    print(f"  ours, all of their entries:   {all_:.2f} s, 1/{theirs / all_:.1f}")
    lost = 0
    without: Counter[str] = Counter()
    for number, (other, one) in enumerate(zip(stock, read, strict=True)):
        for field, values in said_by(other).items():
            missing = Counter(values) - Counter(
                str(getattr(entry, field) or entry.updated) for entry in one.entries
            )
            without[field] += missing.total()
            for value in list(missing)[:3]:
                print(f"  feed {number}: the {field} {value} is feedparser's alone")
        known = {(entry.title, entry.url) for entry in one.entries}
        if len(other.entries) != len(known):
            said = (str(entry.get("title", "")) + str(entry.get("summary", "")) for entry in other.entries)
            wordless = sum(not re.sub("<[^>]*>", "", words).strip() for words in said)
            lost += max(min(len(other.entries), ALL) - len(one.entries) - wordless, 0)
            print(
                f"  feed {number}: {len(one.entries)} entries ({len(known)} different), feedparser "
                f"{len(other.entries)}, {wordless} of them without a word to tell"
            )
        for name in ("title", "link", "published_parsed"):
            full = sum(bool(entry.get(name)) for entry in other.entries)
            if name == "published_parsed":  # the year 1 is some program's default, and no date
                full = sum(bool(entry.get(name) and entry[name].tm_year > 1994) for entry in other.entries)
            field = {"link": "url", "published_parsed": "published"}.get(name, name)
            have = sum(
                bool(getattr(entry, field) or (field == "published" and entry.updated)) for entry in one.entries
            )
            if have < min(full, len(one.entries)):
                print(f"  feed {number}: {name} of {have} entries, feedparser {full}")
    print(
        f"  entries: ours {sum(len(one.entries) for one in read)}, feedparser "
        f"{sum(len(one.entries) for one in stock)}, lost {lost}; only feedparser finds {dict(without)}"
    )


def said_by(other: Any) -> dict[str, list[str]]:
    """Return the titles, links and dates that feedparser found, made fit to be told as ours are."""
    from broadcast.feeds import web
    from broadcast.feeds.entries import ADDRESS, TITLE, plainly, usable
    from broadcast.feeds.loose import as_item
    from broadcast.text import clean
    from broadcast.text.urls import canonical

    items = [as_item(entry) for entry in other.entries]
    titles = (clean(plainly(item.title, TITLE), TITLE) for item in items)
    links = (canonical(web(item.link[:ADDRESS])) for item in items)
    dates = (usable(item.published) or usable(item.updated) for item in items)
    return {
        "title": [title for title in titles if title],
        "url": [link for link in links if link],
        "published": [str(date) for date in dates if date],
    }


async def downloads(urls: list[str], tags: list[str] | None = None) -> int:
    """Fetch everything as a plain script would; with its *tags*, if it has not changed."""
    import httpx

    room = asyncio.Semaphore(64)
    async with httpx.AsyncClient(timeout=60) as client:

        async def one(number: int, url: str) -> int:
            headers = {"if-none-match": tags[number % len(tags)]} if tags else {}
            async with room:
                return len((await client.get(url, headers=headers)).content)

        return sum(await asyncio.gather(*(one(number, url) for number, url in enumerate(urls))))


async def gathers(urls: list[str], folder: Path, plain: float, *, ready: bool) -> None:
    """Gather all feeds twice, with a journal on the disk.

    *plain* are the seconds that downloading them takes; *ready*: the workers are there already, as in a daemon that
    has gathered before. A job starts them meanwhile.
    """
    from broadcast import config, runner, settings
    from broadcast.desk import Wish
    from broadcast.offloaded import collect_seldom
    from broadcast.stages import gathering

    collect_seldom()  # as the command does
    known = settings.load(broadcast_data_dir=folder / "data", broadcast_config_dir=folder)
    many, few = listed(folder, "many", urls), listed(folder, "few", urls[:12])
    since = datetime.now(UTC) - timedelta(days=7)
    async with runner.on_duty(known) as station:

        async def gather(name: str) -> tuple[float, float, Any]:
            show = config.load(name, known)
            desk = station.desk(show, runner.rehearsal_run(station, show), rehearsal=False)
            start, used = time.perf_counter(), time.process_time()
            found = await gathering.gather(show, desk, since, Wish())
            return time.perf_counter() - start, time.process_time() - used, found

        if ready:
            await gather(few)
        first, own, found = await gather(many)
        print(f"{'a daemon' if ready else 'a job'}: {first:.2f} s, {first / plain:.1f} of the downloads; "
              f"{own:.2f} s CPU here; {len(found.stories)} stories")  # fmt: skip
        for note in found.notes[:5]:
            print(f"  {note[:300]}")
        again, less, found = await gather(many)
        print(f"  again, all 304: {again:.2f} s, {again / first:.0%} of the first; {less:.2f} s CPU here; "
              f"{len(found.stories)} stories")  # fmt: skip
    here = resource.getrusage(resource.RUSAGE_SELF)
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = workers.ru_utime + workers.ru_stime
    print(f"  {spent:.2f} s CPU of the workers; of all CPU, {less / (own + spent):.0%} in the second")
    print(f"  memory: {here.ru_maxrss / 1000:.0f} MB here, {workers.ru_maxrss / 1000:.0f} MB in the largest worker")
    print(f"  journal: {size(folder / 'data'):.1f} MB")


def listed(folder: Path, name: str, urls: list[str]) -> str:
    """Write down a show of the feeds at *urls*, and return its name."""
    outlines = "".join(f'<outline text="Feed {n}" xmlUrl={quoteattr(url)}/>' for n, url in enumerate(urls))
    (folder / f"{name}.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    (folder / f"{name}.yaml").write_text(
        "title: Many\nstories: 3\nrenderer: newsdesk\nchannels: {out: {use: folder, path: out}}\n"
        f"sources: {{feeds: {{use: opml, path: {folder / f'{name}.opml'}}}}}\n"
    )
    return name


def size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def timed(work: Coroutine[Any, Any, Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = asyncio.run(work)
    return time.perf_counter() - start, found


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        asyncio.run(serve(Path(arguments[1]) if arguments[1:] else None))
        return
    if arguments[:1] == ["gather"]:
        with tempfile.TemporaryDirectory() as name:
            port, plain, ready = arguments[1:]
            asyncio.run(gathers(addresses(int(port)), Path(name), float(plain), ready=ready == "ready"))
        return
    folder = Path(arguments[0]) if arguments else None
    parsing(bodies(folder))
    command = [sys.executable, __file__, "serve", *arguments[:1]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        port = int(server.stdout.readline())
        timed(downloads(addresses(port)))  # imports the client
        for ready in ("job", "ready", "job", "ready"):
            used = time.process_time()
            wall, fetched = timed(downloads(addresses(port)))
            used = time.process_time() - used
            print(f"plain downloads: {wall:.2f} s, {used:.2f} s CPU, for {fetched / 1e6:.1f} MB", flush=True)
            subprocess.run([sys.executable, __file__, "gather", str(port), str(wall), ready], check=True)
        known, _ = timed(downloads(addresses(port), etags(bodies(folder))))
        print(f"plain downloads, all 304: {known:.2f} s, {known / wall:.0%} of those before")
        server.stdin.close()


if __name__ == "__main__":
    main()
