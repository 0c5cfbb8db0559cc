"""What the local renderer costs: CPU, memory, time, next to x264 encoding the very same frames from memory.

    python benchmarks/newsdesk.py

Each line is measured in a process of its own, one after the other; ratios are within this run. CPU seconds count
all threads. The floor is x264 alone, with the studio's settings, on the frames of the cfr show held in memory ten
seconds at a time: no drawing, no sound, no voice.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from broadcast.types import Brand, Figure, Order, Overlay, Script, Segment, Sentence, Story

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
HELD = 300  #: frames in memory at a time

STORIES = [
    ("Chip stocks lift Wall Street to its best day since March", "Reuters",
     ["Markets closed higher on Tuesday.",
      "The S&P 500 gained 1.4%, its best day since March, as chip makers surged on strong data center demand.",
      "Bond yields fell for a third day in a row, and traders now expect the first cut in interest rates before "
      "the summer."]),
    ("Measles cases fall for a second week, says WHO", "World Health Organization",
     ["Measles cases fell for a second week.", "The World Health Organization reports a drop of 38% in two weeks, "
      "after a vaccination drive reached nine million children.",
      "Doctors say that clinics in the north still lack refrigerators, and that two more shipments are due by "
      "Friday evening."]),
    ("Seventh Starship flight reaches orbit and returns", "NASA",
     ["SpaceX flew its seventh Starship mission.", "The vehicle reached orbit and splashed down sixty six minutes "
      "later, clearing the way for a lunar test next year.",
      "Engineers will now look at the heat shield, which lost a few tiles on its way down."]),
]  # fmt: skip


def order() -> Order:
    """Return a show of a minute: three stories, a card in the first two."""
    figure = Figure(
        label="S&P 500, one day", text="+1.4%", change="Best since March", series=(5.1, 5.0, 5.2, 5.3, 5.9)
    )
    stories, segments = [], [_segment("intro", "", ["Good evening, and welcome to the Daily Signal.",
                                                    "Here are today's three stories."])]  # fmt: skip
    for number, (title, publisher, sentences) in enumerate(STORIES):
        figures = (figure,) if number == 0 else ()
        stories.append(Story(id=str(number), source="s", title=title, publisher=publisher, at=NOW, figures=figures))
        overlays = (Overlay(text="38%", quote="a drop of 38% in two weeks"),) if number == 1 else ()
        segments.append(_segment("story", f"s/{number}", sentences, overlays))
    segments.append(
        _segment("signoff", "", ["That's the news for today.", "Thank you for watching, and good night."])
    )
    script = Script(
        title="Daily Signal",
        kind="daily-news",
        language="en",
        segments=tuple(segments),
        seconds=60,
        writer="template",
    )
    return Order(
        show="bench", edition="main", slot=NOW, title="Daily Signal", date="Monday, 23 November 2026",
        script=script, stories=tuple(stories), brand=Brand(name="Daily Signal"),
    )  # fmt: skip


def _segment(kind: str, story: str, texts: list[str], overlays: tuple[Overlay, ...] = ()) -> Segment:
    sentences = tuple(Sentence(text=text) for text in texts)
    return Segment.model_validate(
        {"kind": kind, "story": story, "sentences": sentences, "overlays": overlays, "seconds": 10}
    )


def render(mode: str) -> dict[str, float]:
    """Render the show as the renderer does."""
    from broadcast.newsdesk import studio

    with tempfile.TemporaryDirectory() as folder:
        made = studio.render(order(), Path(folder), "bench", "vfr" if mode == "vfr" else "cfr", 20)
        return {"seconds": made.seconds or 0.0, "bytes": Path(made.video).stat().st_size}


def floor() -> dict[str, float]:
    """Encode the frames of the cfr show from memory; drawing them is not counted."""
    from broadcast.newsdesk.look import palette
    from broadcast.newsdesk.recorder import Recorder
    from broadcast.newsdesk.scenes import Scenery, bill, spoken_texts
    from broadcast.newsdesk.show import Show
    from broadcast.newsdesk.stage import stage
    from broadcast.newsdesk.typesetting import Typesetter
    from broadcast.newsdesk.voice import narrate

    asked = order()
    type_ = Typesetter("en")
    shown = bill(asked, type_)
    scenery = Scenery(stage("landscape", False), type_, palette("#FF4455"), shown, "en")
    show = Show(scenery, narrate(asked.script, spoken_texts(shown)), "cfr")
    compositor = show.compositor(scenery.palette, None)
    cpu = wall = 0.0
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder) / "floor.mp4", 1920, 1080, 20, show.frames, None)
        for start in range(0, show.frames, HELD):
            held = []
            for frame in range(start, min(start + HELD, show.frames)):
                compositor.draw(show.layers(frame))
                held.append(compositor.buffer.copy())
            began, spent = time.perf_counter(), time.process_time()
            for number, buffer in enumerate(held, start):
                recorder.add(buffer, number)
            wall += time.perf_counter() - began
            _quiet()
            cpu += time.process_time() - spent
        spent = time.process_time()
        recorder.close()
        cpu += time.process_time() - spent
    return {"cpu": cpu, "wall": wall, "seconds": show.frames / 30}


def _quiet() -> None:
    """Wait until x264's threads have done what they were given."""
    before = -1.0
    while time.process_time() - before > 0.005:
        before = time.process_time()
        time.sleep(0.1)


def measured(what: str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    out = subprocess.run([sys.executable, __file__, what], capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


def main() -> None:
    if len(sys.argv) > 1:
        began = time.perf_counter()
        found = floor() if sys.argv[1] == "floor" else render(sys.argv[1])
        used = resource.getrusage(resource.RUSAGE_SELF)
        own = {
            "cpu": used.ru_utime + used.ru_stime,
            "wall": time.perf_counter() - began,
            "peak_mb": used.ru_maxrss / 1024,
        }
        print(json.dumps({**own, **found}))
        return
    base = measured("floor")
    print(f"a show of {base['seconds']:.1f} s, 1920x1080, 30 frames a second")
    print(f"floor  x264 alone        {base['cpu']:6.1f} CPU-s  1.00")
    for mode in ("cfr", "vfr"):
        run = measured(mode)
        print(
            f"{mode}    everything        {run['cpu']:6.1f} CPU-s  {run['cpu'] / base['cpu']:.2f}"
            f"   {run['wall']:.1f} s wall, peak {run['peak_mb']:.0f} MB, {run['bytes'] / 1e6:.1f} MB file"
        )


if __name__ == "__main__":
    main()
