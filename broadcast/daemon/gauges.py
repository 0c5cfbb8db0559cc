"""What a process that keeps watch counts, and how Prometheus reads it. No I/O."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from broadcast.types import Destination, Report

#: name -> what kind of number it is, and what it counts
FAMILIES: Mapping[str, tuple[str, str]] = {
    "broadcast_runs_total": ("counter", "Calls of runs that came to an end here, by what became of them."),
    "broadcast_deliveries_total": ("counter", "Posts to destinations, by channel and what became of them."),
    "broadcast_run_seconds": ("summary", "Wall time of calls of runs."),
    "broadcast_cost_usd_total": ("counter", "What runs spent, in USD, as far as it is known."),
    "broadcast_missed_total": ("counter", "Slots that nobody aired within their grace."),
    "broadcast_calls_total": ("counter", "What asked for a run: hooks, the API; by what became of it."),
    "broadcast_next_slot_timestamp_seconds": ("gauge", "When a show is due next."),
    "broadcast_last_success_timestamp_seconds": (
        "gauge",
        "The slot of the newest run that aired, or looked in vain.",
    ),
    "broadcast_runs_in_flight": ("gauge", "Runs that this process airs now."),
    "broadcast_shows": ("gauge", "Shows that this process keeps watch for."),
    "broadcast_queue_jobs": ("gauge", "Runs that are in line for a worker (todo), or in the hands of one (doing)."),
    "broadcast_config_broken": ("gauge", "1: the file of a show is wrong; its last good version is aired."),
}

Labels = tuple[tuple[str, str], ...]


class Gauges:
    """Numbers by name and labels."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
        self._counted: dict[str, tuple[float, dict[str, str]]] = {}  #: of open runs: what earlier calls counted

    def add(self, name: str, value: float = 1.0, **labels: str) -> None:
        self._values[name][tuple(labels.items())] += value

    def set(self, name: str, value: float, **labels: str) -> None:
        self._values[name][tuple(labels.items())] = value

    def drop(self, name: str, **labels: str) -> None:
        self._values[name].pop(tuple(labels.items()), None)

    def ended(self, report: Report) -> None:
        """Count what a call of a run did. What a report repeats of an earlier call of it is counted once."""
        show = report.show
        self.add("broadcast_runs_total", show=show, status=report.status)
        self.add("broadcast_run_seconds_sum", report.seconds, show=show)
        self.add("broadcast_run_seconds_count", show=show)
        spent, became = self._counted.get(report.run, (0.0, {}))
        if report.cost.usd > spent:
            self.add("broadcast_cost_usd_total", report.cost.usd - spent, show=show)
        now = dict(became)
        for end, channel in _ends(report):
            if became.get(end.item) != end.status:
                self.add("broadcast_deliveries_total", show=show, channel=channel, status=end.status)
            now[end.item] = end.status
        self._counted[report.run] = max(spent, report.cost.usd), now
        if report.status in ("aired", "quiet"):
            self.succeeded(show, report.slot)

    def over(self, run: str) -> None:
        """Forget what calls of *run* did: there will be no other."""
        self._counted.pop(run, None)

    def succeeded(self, show: str, slot: datetime) -> None:
        """Remember the newest slot that went well."""
        name = "broadcast_last_success_timestamp_seconds"
        known = self._values[name].get((("show", show),), 0.0)
        self.set(name, max(slot.timestamp(), known), show=show)

    def text(self) -> str:
        """Return everything in Prometheus' text format, version 0.0.4."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for name, (kind, what) in FAMILIES.items():
            yield f"# HELP {name} {what}"
            yield f"# TYPE {name} {kind}"
            for series in (f"{name}_sum", f"{name}_count") if kind == "summary" else (name,):
                for labels, value in sorted(self._values[series].items()):
                    inner = ",".join(f'{key}="{_escaped(word)}"' for key, word in labels)
                    yield f"{series}{f'{{{inner}}}' if inner else ''} {value!r}"


def _ends(report: Report) -> Iterator[tuple[Destination, str]]:
    for edition in report.editions:
        for receipt in edition.receipts:
            whole = Destination(to="", **receipt.model_dump(exclude={"channel", "to"}))
            for end in receipt.to or (whole,):
                yield end, receipt.channel


def _escaped(word: str) -> str:
    return word.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
