"""What is counted of runs that are called again and again, and how it is written for Prometheus."""

from datetime import UTC, datetime

from broadcast.daemon.gauges import Gauges
from broadcast.types import Cost, EditionReport, Receipt, Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)


def report(status: str, sent: str, usd: float) -> Report:
    receipts = tuple(
        Receipt(channel=name, item=f"deliver/main/{name}/@a", status=became)  # type: ignore[arg-type]
        for name, became in (("chat", "sent"), ("mail", sent))
    )
    edition = EditionReport(name="main", language="en", receipts=receipts)
    run = {"run": "town@2026-11-23T17:00:00Z", "show": "town", "slot": SLOT, "seconds": 2.5}
    return Report(**run, status=status, editions=(edition,), cost=Cost(usd=usd))  # type: ignore[arg-type]


def test_what_a_later_call_repeats_of_an_earlier_one_is_counted_once() -> None:
    gauges = Gauges()
    gauges.ended(report("partial", "failed", 2.0))
    gauges.ended(report("partial", "failed", 2.0))
    gauges.ended(report("aired", "sent", 2.25))
    gauges.over("town@2026-11-23T17:00:00Z")

    lines = gauges.text().splitlines()

    assert 'broadcast_deliveries_total{show="town",channel="chat",status="sent"} 1.0' in lines
    assert 'broadcast_deliveries_total{show="town",channel="mail",status="failed"} 1.0' in lines
    assert 'broadcast_deliveries_total{show="town",channel="mail",status="sent"} 1.0' in lines
    assert 'broadcast_cost_usd_total{show="town"} 2.25' in lines
    assert 'broadcast_runs_total{show="town",status="partial"} 2.0' in lines
    assert 'broadcast_run_seconds_sum{show="town"} 7.5' in lines
    assert f'broadcast_last_success_timestamp_seconds{{show="town"}} {SLOT.timestamp()!r}' in lines


def test_a_label_cannot_end_its_line() -> None:
    gauges = Gauges()
    gauges.set("broadcast_shows", 1, show='a"b\\c\nd')

    assert 'broadcast_shows{show="a\\"b\\\\c\\nd"} 1' in gauges.text().splitlines()
