"""Every job that was asked for, how far it is, and what it cost."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from .troubles import Trouble

Kind = Literal["video-agent", "avatar", "image", "speech", "translation"]
Stage = Literal["thinking", "pending", "processing", "completed", "failed"]

#: USD a second of output, as the pricing page said in the middle of 2026.
PRICES = {
    "video-agent": 0.0333,
    "photo": 0.05, "photo-4k": 0.0667,
    "twin": 0.0667, "twin-4k": 0.0833,
    "avatar-iii": 0.0167, "avatar-iii-4k": 0.02,
    "speech": 0.000667,
    "translation-speed": 0.0333, "translation-precision": 0.0667,
}  # fmt: skip


@dataclass
class Job:
    """A job: what was asked, what will be said, and how far it is."""

    kind: Kind
    video: str  #: the id of the video, or of the sound
    session: str | None
    text: str  #: the prompt or the script, as it came
    at: datetime
    asked: dict[str, Any]  #: the body of the request
    spoken: str  #: what the render says
    seconds: float  #: of output
    price: float  #: USD a second
    takes: float  #: seconds that the render takes
    size: tuple[int, int] = (1280, 720)
    subtitles: bool = True
    captioned: bool = True
    thinks: float = 1 / 3  #: the share of `takes` before there is a video
    trouble: Trouble | None = None
    usd: float | None = None  #: what was charged; nothing before it is completed
    stopped: datetime | None = None
    told: bool = False  #: the session named its video to somebody
    sound: bytes = field(default=b"", repr=False)

    @property
    def callback(self) -> tuple[str, str | None] | None:
        url = self.asked.get("callback_url")
        return (url, self.asked.get("callback_id")) if url else None

    @property
    def cost(self) -> float:
        return round(self.seconds * self.price, 6)

    @property
    def fate(self) -> str:
        return str(self.trouble.what) if self.trouble else ""

    @property
    def ends(self) -> datetime:
        return self.at + timedelta(seconds=self.takes)

    def share(self, now: datetime) -> float:
        """Return how much of it is done, 0 to 1."""
        return 1.0 if now >= self.ends else (now - self.at).total_seconds() / self.takes

    def stage(self, now: datetime) -> Stage:
        if self.stopped:
            return "failed"
        share = self.share(now)
        if self.fate == "stuck":
            return "thinking" if self.session else "pending"
        if self.fate == "fails-early" and share >= 0.2:
            return "failed"
        if share >= 1:
            return "failed" if self.fate.startswith("fails") else "completed"
        if self.session and share < self.thinks:
            return "thinking"
        return "pending" if share < 1 / 2 else "processing"

    def begun(self, now: datetime) -> bool:
        """Whether there is a video of it yet."""
        early = self.fate == "fails-early" or (self.stopped is not None and self.share(self.stopped) < self.thinks)
        return not self.session or (self.stage(now) != "thinking" and not early)

    def over(self, now: datetime) -> bool:
        if now < self.ends and not self.stopped and not self.trouble:
            return False  # as most are that are asked about
        return self.stage(now) in ("completed", "failed")


@dataclass
class Ledger:
    """All jobs, in the order they came, and the money."""

    balance: float
    jobs: list[Job] = field(default_factory=list)
    videos: dict[str, Job] = field(default_factory=dict)
    sessions: dict[str, Job] = field(default_factory=dict)
    running: list[Job] = field(default_factory=list)
    peak: int = 0  #: the most that ran at once

    def add(self, job: Job) -> None:
        self.jobs.append(job)
        if job.kind == "speech":
            self._charge(job)
            return
        self.videos[job.video] = job
        if job.session:
            self.sessions[job.session] = job
        self.running.append(job)
        self.peak = max(self.peak, len(self.running))

    def settle(self, now: datetime) -> None:
        """Charge what was completed by *now*. What failed costs nothing."""
        over = [job for job in self.running if job.over(now)]
        for job in sorted(over, key=lambda job: job.ends):
            self.running.remove(job)
            if job.stage(now) == "completed":
                self._charge(job)

    def spare(self) -> float:
        """Return the balance less what running jobs will cost."""
        return self.balance - sum(job.cost for job in self.running)

    def _charge(self, job: Job) -> None:
        job.usd = job.cost
        self.balance = round(self.balance - job.cost, 6)


def unix(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())
