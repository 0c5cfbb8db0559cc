"""Arguments in, one call, an exit code out. Data goes to stdout, progress and logs to stderr.

Heavy things are imported where they are used: `broadcast --help` answers at once.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

EXIT_CODES = """\
exit codes of run, demo and retry:
  0  all sent, nothing new to tell, or stopped where --until said
  1  failed    2  nothing could start: configuration or usage    3  refused: credentials, rights
  4  unconfirmed or still waiting: the command that goes on is printed    5  some channels got it, some did not
"""

A_SHOW = "the name of a file in the config folder"
KINDS = "daily-news, weekly-roundup, changelog, all-hands, social-digest, article, report"  #: held to by a test

RUN = "morning@2026-11-23T17:00:00Z"

EXAMPLES = """\
examples:
  broadcast demo                          a first video, no key needed: see out/index.html
  broadcast demo --feed https://…/rss     the same with your own feed
  broadcast new morning --kind daily-news write config/morning.yaml
  broadcast check                         is every show all right?
  broadcast preview morning               what would be said, beside its sources
  broadcast run morning                   air it: what is unfinished, else what is due, else now
  broadcast serve                         air every show at its time
  broadcast worker                        air what `broadcast serve --queue` puts in line
  broadcast runs                          what was aired
  broadcast test morning --channel chat   can it post there?
  broadcast retry RUN                     send again what failed
  broadcast approve RUN                   let a run go on that asks first
  broadcast pause morning                 begin nothing more of it, until it is resumed
  broadcast costs --month 2026-11         what was spent
  broadcast bundle RUN                    all that a run was made of, to be checked by broadcast verify
  broadcast console                       see it all in a browser
  broadcast heygen looks                  what HeyGen can render with; needs HEYGEN_API_KEY
  broadcast telegram chats                where the bot can post; needs TELEGRAM_TOKEN
  broadcast slack channels                where the bot can post; needs SLACK_BOT_TOKEN
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character gets its number, not our end
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "command"):
        parser.print_help()
        return 2
    from . import commands

    return commands.main(arguments)


class Parser(argparse.ArgumentParser):
    """Says what is wrong as JSON, too, where JSON was asked for."""

    def error(self, message: str) -> NoReturn:
        if "--json" in sys.argv[1:]:
            import json

            print(json.dumps({"status": "failed", "error": message}))
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="broadcast",
        description="A show that goes on air by itself: gathered, written, checked, rendered, delivered.",
        epilog=EXAMPLES + "\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, summary: str, example: str, among: Any = commands) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = among.add_parser(
            name,
            help=summary,
            description=summary[:1].upper() + summary[1:] + ".",
            epilog=f"example:\n  {example}\n" + (f"\n{EXIT_CODES}" if name in ("run", "demo", "retry") else ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if among is commands:
            one.set_defaults(command=name)
        unsaid = False if among is commands else argparse.SUPPRESS  # it may have been said before the inner command
        one.add_argument("--json", action="store_true", default=unsaid, help="print data as JSON")
        one.add_argument("-v", "--verbose", action="store_true", default=unsaid, help="log what happens to stderr")
        return one

    run = command("run", "air a show, or go on with it", "broadcast run morning --slot 2026-11-23T17:00:00Z")
    run.add_argument("show", metavar="SHOW", help=A_SHOW)
    when = run.add_mutually_exclusive_group()
    when.add_argument("--slot", metavar="ISO", help="the instant of the run, as 2026-11-23T17:00:00Z")
    when.add_argument("--now", action="store_true", help="a fresh run, whatever is unfinished or due")
    when.add_argument("--due", action="store_true", help="only what is unfinished or due; else nothing")
    run.add_argument(
        "--story", action="append", metavar="FILE|URL|-", help="air just this, whatever was told before; repeatable"
    )
    run.add_argument("--channels", metavar="A,B", help="deliver to these only")
    run.add_argument("--timeout", metavar="30m", help="how long to wait for a render; 0: submit and leave")
    run.add_argument("--dry-run", action="store_true", help="pay, deliver and remember nothing")
    run.add_argument("--summary", metavar="FILE", help="write the report as Markdown behind what FILE holds")
    run.add_argument("--until", choices=("script", "video"), help="stop there; the same slot goes on")

    serve = command("serve", "air every show at its time, until asked to end", "broadcast serve --port 8808")
    serve.add_argument(
        "--queue",
        action="store_true",
        help="put what is due in line for workers, on PostgreSQL, and air nothing here",
    )
    worker = command("worker", "air what `serve --queue` puts in line, until asked to end", "broadcast worker")
    for one, port in ((serve, 8808), (worker, 8809)):
        one.add_argument(
            "--host", default="127.0.0.1", help="where /live, /ready, /metrics are (default: %(default)s)"
        )
        one.add_argument("--port", type=_port, default=port, help="0: any that is free (default: %(default)s)")
        one.add_argument("--shows", metavar="A,B", help="these only (default: all)")
        one.add_argument(
            "--concurrent",
            metavar="N",
            type=_positive,
            default=8,
            help="runs that work at once; waiting is free (default: %(default)s)",
        )

    console = command("console", "show what was aired, and what can be done by hand", "broadcast console")
    console.add_argument("--host", default="127.0.0.1", help="elsewhere it needs a password (default: %(default)s)")
    console.add_argument("--port", type=_port, default=8810, help="0: any that is free (default: %(default)s)")
    console.add_argument(
        "--hash-password",
        action="store_true",
        help="ask for a password, print its hash for the environment, and end",
    )

    demo = command("demo", "air a sample show into a folder, with no key", "broadcast demo --out out")
    demo.add_argument("--feed", metavar="URL", help="air this feed instead of the samples")
    demo.add_argument("--out", metavar="FOLDER", default="out", help="where to put it (default: %(default)s)")
    demo.add_argument("--portrait", action="store_true", help="1080x1920 instead of 1920x1080")

    check = command("check", "read the configuration and say what is wrong with it", "broadcast check morning")
    check.add_argument("show", metavar="SHOW", nargs="?", help="one show (default: all)")

    preview = command("preview", "show what would be said, beside its sources", "broadcast preview morning")
    preview.add_argument("show", metavar="SHOW", help=A_SHOW)
    preview.add_argument("--html", metavar="FILE", help="write a page of it, too")
    preview.add_argument("--why", action="store_true", help="say of every story why it was chosen or not")

    schedule = command("schedule", "list when shows air next", "broadcast schedule morning --count 5")
    schedule.add_argument("show", metavar="SHOW", nargs="?", help="one show (default: all)")
    schedule.add_argument("--count", type=_positive, default=3, help="how many of each (default: %(default)s)")

    runs = command("runs", "list runs, or show one with all its items", f"broadcast runs {RUN}")
    runs.add_argument("run", metavar="RUN|SHOW", nargs="?", help="one run, or the runs of one show")
    runs.add_argument("--prune", action="store_true", help="remove what is older than its show's `keep`")
    runs.add_argument("--dry-run", action="store_true", help="with --prune: only say what would go")
    runs.add_argument("--limit", type=_positive, default=20, help="how many to list (default: %(default)s)")

    retry = command("retry", "send again what failed of a run", f"broadcast retry {RUN} --channel telegram")
    settle = command(
        "settle", "answer whether a deed happened that nobody could know of", f"broadcast settle {RUN} ITEM --sent"
    )
    settle.add_argument("run", metavar="RUN", help="as `broadcast runs` lists it")
    settle.add_argument("item", metavar="ITEM", help="as `broadcast runs RUN` lists it")
    answer = settle.add_mutually_exclusive_group(required=True)
    answer.add_argument("--sent", action="store_true", help="it happened: it is not done again")
    answer.add_argument("--not-sent", action="store_true", help="it did not: the next call may do it")
    settle.add_argument("--ref", metavar="X", help="what the service calls it; a render needs its session")
    retract = command("retract", "take back what a run sent", f'broadcast retract {RUN} --note "A wrong figure"')
    retract.add_argument("--note", metavar="TEXT", default="", help="said where a message cannot be deleted")
    for one in (retry, retract):
        one.add_argument("run", metavar="RUN", help="as `broadcast runs` lists it")
        one.add_argument("--channel", metavar="A,B", help="only there")
    approve = command(
        "approve",
        "answer what a run asks before it pays or publishes",
        f"broadcast approve {RUN} --note 'go ahead'",
    )
    approve.add_argument("run", metavar="RUN", help="as `broadcast runs` lists it")
    approve.add_argument("--edition", metavar="E", help="of which edition, where several ask")
    gate = approve.add_mutually_exclusive_group()
    gate.add_argument("--script", action="store_true", help="what is asked before it is rendered")
    gate.add_argument("--video", action="store_true", help="what is asked before it is published")
    way = approve.add_mutually_exclusive_group()
    way.add_argument("--reject", action="store_true", help="do not air it")
    way.add_argument("--write", metavar="FILE", help="write the script into FILE (-: print it), and answer nothing")
    way.add_argument("--edit", metavar="FILE", help="approve the script as FILE has it, where its sources bear it")
    approve.add_argument("--note", metavar="TEXT", default="", help="what is said with the answer")

    cancel = command("cancel", "stop a run for good; what was sent stays sent", f"broadcast cancel {RUN}")
    cancel.add_argument("run", metavar="RUN", help="as `broadcast runs` lists it")
    for one in (
        command("pause", "begin nothing more of a show, wherever it is aired from", "broadcast pause morning"),
        command("resume", "let a paused show air again", "broadcast resume morning"),
    ):
        one.add_argument("show", metavar="SHOW", help=A_SHOW)
    bundle = command(
        "bundle", "write all that a run was made of into one file that can be checked", f"broadcast bundle {RUN}"
    )
    bundle.add_argument("run", metavar="RUN", help="as `broadcast runs` lists it")
    bundle.add_argument("--out", metavar="FILE", help="where to (default: a name made of the run's)")
    bundle.add_argument("--video", action="store_true", help="with the videos, not only their hashes")
    verify = command("verify", "check the bundle of a run, without network", "broadcast verify FILE")
    verify.add_argument("bundle", metavar="FILE")
    verify.add_argument("--video", metavar="FILE", action="append", help="this must be a video of it; repeatable")
    verify.add_argument("--fingerprint", metavar="SHA256", help="as `broadcast bundle` printed it")
    costs = command("costs", "show what was spent, or the ledger itself", "broadcast costs --month 2026-11 --csv")
    costs.add_argument("show", metavar="SHOW", nargs="?", help="one show (default: all)")
    costs.add_argument("--month", metavar="2026-11", help="(default: this month)")
    costs.add_argument("--csv", action="store_true", help="print every row of the ledger")
    test = command("test", "send a labelled test message", "broadcast test morning --channel telegram")
    test.add_argument("show", metavar="SHOW", help=A_SHOW)
    test.add_argument("--channel", metavar="C", required=True, help="a channel of the show, or `alerts`")

    heygen = command(
        "heygen", "list what HeyGen can render with; its webhooks", "broadcast heygen voices --language German"
    )
    lists = heygen.add_subparsers(title="lists", metavar="LIST", dest="list", required=True)
    avatars = command(
        "avatars", "list avatars: groups of looks", "broadcast heygen avatars --ownership private", lists
    )
    looks = command("looks", "list looks: what avatar_id takes", "broadcast heygen looks --group GROUP", lists)
    voices = command(
        "voices",
        "list voices: what voice_id takes",
        "broadcast heygen voices --language German --gender female",
        lists,
    )
    styles = command("styles", "list styles: what style_id takes", "broadcast heygen styles --tag cinematic", lists)
    for one in (avatars, looks):
        one.add_argument("--ownership", choices=("public", "private"), help="HeyGen's, or the account's own")
    looks.add_argument("--group", metavar="ID", help="the looks of one avatar")
    kinds = ("studio_avatar", "digital_twin", "photo_avatar")
    looks.add_argument("--type", dest="avatar_type", choices=kinds, help="how the look was made")
    voices.add_argument("--language", metavar="NAME", help="in English, as German")
    voices.add_argument("--gender", choices=("female", "male"))
    voices.add_argument("--type", choices=("public", "private"), help="HeyGen's, or the account's own")
    styles.add_argument("--tag", metavar="TAG", help="as cinematic or print")
    for one in (avatars, looks, voices, styles):
        one.add_argument("--limit", type=_positive, default=50, help="how many to list (default: %(default)s)")

    hooks = command("webhooks", "where HeyGen says that a render is done", "broadcast heygen webhooks add", lists)
    deeds = hooks.add_subparsers(title="deeds", metavar="DEED", dest="deed", required=True)
    add = command(
        "add",
        "register where `broadcast serve` is reached, and print the secret",
        "broadcast heygen webhooks add",
        deeds,
    )
    add.add_argument(
        "url", metavar="URL", nargs="?", default="", help="default: BROADCAST_PUBLIC_URL, and its path"
    )
    command("list", "list what is registered", "broadcast heygen webhooks list", deeds)
    rotate = command("rotate", "print a new secret; the old one ends", "broadcast heygen webhooks rotate ID", deeds)
    remove = command("remove", "take one away", "broadcast heygen webhooks remove ID", deeds)
    for one in (rotate, remove):
        one.add_argument("endpoint", metavar="ID", help="as `broadcast heygen webhooks list` shows it")

    telegram = command("telegram", "list what a show can post to on Telegram", "broadcast telegram chats")
    of_bot = telegram.add_subparsers(title="lists", metavar="LIST", dest="list", required=True)
    command(
        "chats",
        "list the chats where the bot was written to in the last 24 hours: what `chat` takes",
        "broadcast telegram chats --json",
        of_bot,
    )
    slack = command("slack", "list where a Slack bot can post", "broadcast slack channels")
    slacks = slack.add_subparsers(title="lists", metavar="LIST", dest="list", required=True)
    rooms = command("channels", "list channels: what channel takes", "broadcast slack channels --json", slacks)
    rooms.add_argument("--limit", type=_positive, default=200, help="how many to list (default: %(default)s)")

    new = command("new", "write a commented show file", "broadcast new morning --kind daily-news")
    new.add_argument("name", metavar="NAME", help="of the show, and of its file")
    new.add_argument(
        "--kind", default="daily-news", help=f"a preset of structure and length: {KINDS} (default: %(default)s)"
    )

    migrate = command(
        "migrate", "bring the tables of the journal and of the queue up to date", "broadcast migrate --finish"
    )
    migrate.add_argument(
        "--finish", action="store_true", help="every worker is upgraded: take away what only older ones need"
    )
    command("plugins", "list the built-in plugins and their settings", "broadcast plugins --json")
    command("schema", "print the JSON schema of a show file", "broadcast schema > show.schema.json")
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"broadcast {version('broadcast')}")
        parser.exit(0)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
