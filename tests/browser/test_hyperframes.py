"""A real clip: Hyperframes, Node, a browser and ffmpeg, from a template that comes along to frames and sound."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broadcast.hyperframes import running, templates, toolbox
from broadcast.renderers.hyperframes import Hyperframes
from broadcast.testing import Bench
from broadcast.types import Figure, Job, Order, Point, Rendered
from tests.newsdesk.shows import short, told

MODULES = Path(__file__).parents[2] / ".hyperframes" / "node_modules"
FAULT = toolbox.look(MODULES).fault()
pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(FAULT), reason=FAULT)]

HOSTILE = "</script><script>document.body.innerHTML='<h1>pwned</h1>'</script>"
FPS = 10


def clip(title: str = "Orders by region") -> Order:
    """Return an order of about two seconds, of one story with a chart, that is not spoken."""
    order = short("de", title)
    points = tuple(Point(label=name, text=f"{value}", value=value) for name, value in (("Nord", 42), ("Süd", 21)))
    figure = Figure(label="Orders", text="63", points=points, drawn="bars")
    story = order.stories[0].model_copy(update={"figures": (figure,)})
    segments = (told("story", "s/1", "Ja."),)
    return order.model_copy(
        update={"stories": (story,), "script": order.script.model_copy(update={"segments": segments})}
    )


async def rendered(folder: Path, order: Order, **options: Any) -> tuple[Rendered, list[float]]:
    seen: list[float] = []
    async with Bench(folder).tools() as bench:
        tools = replace(bench, progress=seen.append)
        renderer = Hyperframes(modules=MODULES, fps=FPS, quality="draft", **options)
        job = await renderer.submit(tools, order)
        return await renderer.check(tools, order, job), seen


async def test_a_clip_of_two_seconds_has_pictures_that_move_and_sound(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="the extra [newsdesk] is not installed")
    film, seen = await rendered(tmp_path, clip(HOSTILE))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 5
    with av.open(str(film.video)) as file:
        assert ["h264", "aac"] == [stream.codec_context.name for stream in file.streams]
        assert (1920, 1080) == (file.streams.video[0].width, file.streams.video[0].height)
        frames = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    assert film.seconds == pytest.approx(len(frames) / FPS, abs=0.01)
    assert 1.5 < len(frames) / FPS < 3.5
    assert not (frames[0] == frames[-1]).all()
    board = slice(300, 700), slice(960, 1800)
    assert frames[-2][board].max() > 200  # the chart is there, and the headline's script never ran
    assert frames[-2][board].std() > 10


async def test_a_variable_that_no_template_declares_is_refused_by_hyperframes_itself(tmp_path: Path) -> None:
    """We say it first, when the show is read; this is the net below."""
    box = toolbox.look(MODULES)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "index.html").write_text((templates.COMMON / "index.html").read_text())
    (tmp_path / "c" / "variables.json").write_text('{"nobody": "x"}')
    renderer = Hyperframes(modules=MODULES)
    with pytest.raises(Exception, match="nobody"):
        await running.run(
            renderer._command(box, tmp_path, Job(id="c")),
            env=box.environment({}, tmp_path),
            folder=tmp_path,
            deadline=120,
            progress=lambda share: None,
        )


async def test_a_render_that_is_stopped_leaves_no_browser_behind(tmp_path: Path) -> None:
    profile = tmp_path / "work"
    task = asyncio.create_task(rendered(profile, clip()))
    for _ in range(3000):
        if browsers(profile):
            break
        await asyncio.sleep(0.02)
    assert browsers(profile)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(500):
        if not browsers(profile):
            break
        await asyncio.sleep(0.02)
    assert not browsers(profile)


def browsers(folder: Path) -> list[int]:
    """Return the processes whose temporary files lie in *folder*."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if re.search(rb"chrom", said) and str(folder).encode() in said:
            found.append(int(path.name))
    return found
