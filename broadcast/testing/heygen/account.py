"""The account: its settings, jobs, files and troubles, as a test sees and sets them."""

import asyncio
import secrets
import tempfile
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Protocol, Self

from broadcast.clock import SystemClock
from broadcast.testing.wire import Host, Reply

from . import saying, translations
from .assets import Asset
from .callbacks import announce
from .calls import Asked
from .catalogue import Catalogue
from .files import Signatures
from .ledger import PRICES, Job, Kind, Ledger
from .routes import FILES, ROUTES, bare
from .troubles import Problem, Trouble, allowed
from .webhooks import Registered


class Now(Protocol):
    def now(self) -> datetime: ...


class Account(Host):
    """One account of the service. Its attributes may be changed at any time.

    *key* is accepted as `X-Api-Key`, *token* as a bearer token; *balance* is in USD; *clock* says what time it is,
    for renders and for the life of addresses. *remember* bounds `asked`, so that long rehearsals stay small.
    """

    def __init__(
        self,
        key: str = "hg_test_0123456789abcdef",
        *,
        token: str = "oauth_test_0123456789abcdef",
        clock: Now | None = None,
        balance: float = 100.0,
        remember: int = 20_000,
    ) -> None:
        super().__init__()
        self.key, self.token = key, token
        self.clock: Now = clock or SystemClock()
        self.render_seconds = 0.05  #: from asked to completed
        self.thinks = 1 / 3  #: the share of them before the agent knows its video
        self.limit = 10  #: jobs at once, the pay-as-you-go plan's
        self.prices = dict(PRICES)
        self.billing = "wallet"  #: or subscription, usage_based
        self.subtitles = True  #: the agent's videos have some
        self.captioned = True  #: the agent's videos come with burned captions too
        self.word_times = True  #: speech comes with them
        self.gifs = True  #: videos come with a moving preview
        self.tells_prompts = True  #: a session's messages hold the prompt
        self.list_lag = 0.0  #: seconds before a session appears in the list
        self.ranges = True  #: files are served in parts
        self.url_seconds = 604_800.0  #: the life of a signed address
        self.video_bytes = 0  #: a video has at least so many
        self.upload_bytes = 400_000_000  #: of a direct upload at most
        self.hear: Callable[[str], str] = saying.heard  #: what a prompt wants said
        self.languages: dict[str, str] = dict(translations.LANGUAGES)  #: of dubs, by name
        self.transcribe: Callable[[Asset], str] = lambda asset: translations.transcribed(self, asset)
        self.translate: Callable[[str, str], str] = translations.translated  #: words, and the language's code
        self.proofreads: dict[str, translations.Proofread] = {}
        self.unreachable: set[str] = set()  #: addresses that cannot be fetched
        self.catalogue: Catalogue = Catalogue()
        self.ledger = Ledger(balance)
        self.assets: dict[str, Asset] = {}
        self.sounds: dict[str, Job] = {}
        self.asked: deque[Asked] = deque(maxlen=remember)
        self.refused: list[str] = []  #: what the client did wrong
        self.called: list[tuple[str, int]] = []  #: callbacks: the address, and the status it answered
        self.endpoints: dict[str, Registered] = {}  #: that are told of jobs
        self.events: list[dict[str, Any]] = []  #: that they were told of, or would have been
        self._callbacks: set[asyncio.Task[None]] = set()
        self.replies: dict[tuple[str, str], tuple[datetime, Reply | None]] = {}  #: by endpoint and Idempotency-Key
        self.counts: Counter[str] = Counter()
        self._troubles: list[Trouble] = []
        self.signatures = Signatures()
        self._home: tempfile.TemporaryDirectory[str] | None = None

    async def __aenter__(self) -> Self:
        self._home = tempfile.TemporaryDirectory()
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        for task in self._callbacks:
            task.cancel()
        await asyncio.gather(*self._callbacks, return_exceptions=True)
        try:
            await super().__aexit__(*error)
        finally:
            if self._home:
                self._home.cleanup()

    # --- what a test does and sees

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        assert self._home, "the service is not open"
        return Path(self._home.name)

    def fault(self, endpoint: str, what: str | int, *, after_effect: bool = False, times: int | None = 1,
              skip: int = 0, **details: Any) -> Trouble:  # fmt: skip
        """Let *what* go wrong at *endpoint* `times` times (None: always), after the first `skip` requests.

        `broadcast.testing.heygen.troubles` lists what there is. Several faults of one endpoint strike in the order
        they were given. Raises ValueError for what does not exist.
        """
        known = {bare(name): name for name in (*ROUTES, *FILES, "render")}
        if bare(endpoint) not in known:
            raise ValueError(f"{endpoint!r} is not one of {', '.join(known.values())}")
        name = known[bare(endpoint)]
        if isinstance(what, int):
            if name == "render" or not 400 <= what <= 599:
                raise ValueError(f"{what} is no status that {name} could answer in error")
        elif what not in allowed(name):
            raise ValueError(f"{what!r} at {name} is not one of {', '.join(sorted(allowed(name)))}")
        trouble = Trouble(name, what, after_effect, times, skip, **details)
        self._troubles.append(trouble)
        return trouble

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self._troubles.clear()

    def expire(self) -> None:
        """Let every address that was handed out so far expire."""
        self.signatures = Signatures()

    def count(self, endpoint: str) -> int:
        """Return how often *endpoint* was asked: `GET /v3/videos/{video_id}`."""
        return sum(count for name, count in self.counts.items() if bare(name) == bare(endpoint))

    @property
    def jobs(self) -> list[Job]:
        """Return every job that was accepted, in order, settled until now."""
        self.ledger.settle(self.clock.now())
        return self.ledger.jobs

    @property
    def renders(self) -> list[Job]:
        """Return the accepted jobs that are videos."""
        return [job for job in self.jobs if job.kind != "speech"]

    @property
    def paid(self) -> list[Job]:
        """Return the jobs that were charged: the completed ones."""
        return [job for job in self.jobs if job.usd is not None]

    @property
    def spent(self) -> float:
        """Return what was charged, in USD."""
        return round(sum(job.usd or 0.0 for job in self.paid), 6)

    @property
    def spoken(self) -> list[str]:
        """Return what the completed jobs say."""
        return [job.spoken for job in self.paid]

    @property
    def running(self) -> int:
        """Return how many videos are being made."""
        self.ledger.settle(self.clock.now())
        return len(self.ledger.running)

    @property
    def balance(self) -> float:
        """Return what is left, in USD. May be set."""
        self.ledger.settle(self.clock.now())
        return self.ledger.balance

    @balance.setter
    def balance(self, usd: float) -> None:
        self.ledger.settle(self.clock.now())
        self.ledger.balance = usd

    # --- jobs and addresses, for the endpoints

    def accept(
        self,
        kind: Kind,
        *,
        text: str,
        spoken: str,
        price: float,
        size: tuple[int, int],
        asked: dict[str, Any],
        now: datetime,
        length: float | None = None,
        subtitles: bool | None = None,
        captioned: bool | None = None,
    ) -> Job:
        """Take a job on, or refuse it: too many at once, or not enough money."""
        if len(self.ledger.running) >= self.limit:
            said = f"At most {self.limit} jobs may run at once"
            raise Problem(429, "rate_limit_exceeded", said, headers={"Retry-After": "1"})
        seconds = saying.seconds(spoken) if length is None else length
        if self.ledger.spare() < seconds * price:
            raise Problem(402, "insufficient_credit", "Insufficient credit")
        trouble = self.struck("render")
        if trouble and trouble.what in saying.ALTERED:
            random = Random(trouble.struck if trouble.seed is None else trouble.seed)
            spoken = saying.ALTERED[str(trouble.what)](spoken, random)
            seconds = saying.seconds(spoken)
        if trouble and trouble.what == "wrong-duration":
            seconds = max(0.5, round(seconds * trouble.factor * 2) / 2)
        agent = kind == "video-agent"
        job = Job(
            kind, f"v_{secrets.token_hex(6)}", f"sess_{secrets.token_hex(6)}" if agent else None, text, now, asked,
            spoken, seconds, price, self.render_seconds, size,
            subtitles=self.subtitles if subtitles is None else subtitles,
            captioned=self.captioned if captioned is None else captioned,
            trouble=trouble, thinks=self.thinks,
        )  # fmt: skip
        self.ledger.add(job)
        if job.callback or self.endpoints:
            task = asyncio.create_task(announce(self, job))
            self._callbacks.add(task)
            task.add_done_callback(self._callbacks.discard)
        return job

    def signed(self, path: str, now: datetime, life: float | None = None) -> str:
        """Return an address of *path* that holds for *life* seconds, else for `url_seconds`."""
        ends = now + timedelta(seconds=self.url_seconds if life is None else life)
        return self.url + self.signatures.sign(path, ends)

    def struck(self, endpoint: str) -> Trouble | None:
        """Return what goes wrong at *endpoint* now."""
        return next((one for one in self._troubles if one.where == endpoint and one.strikes()), None)
