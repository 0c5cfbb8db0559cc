import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import ValidationError

from broadcast.errors import ConfigError, Rejected
from broadcast.offload import Offload
from broadcast.plugins import Tools
from broadcast.renderers import newsdesk
from broadcast.renderers.newsdesk import Newsdesk
from broadcast.types import Brand, Job, Order, Script, Segment, Sentence

Result = TypeVar("Result")
RENDERER = Newsdesk(frame_mode="vfr", crf=30)


def order(text: str = "Guten Abend.") -> Order:
    segment = Segment(kind="intro", sentences=(Sentence(text=text),), seconds=1)
    script = Script(
        title="Kurz", kind="daily-news", language="de", segments=(segment,), seconds=1, writer="template"
    )
    return Order(
        show="kurz", edition="main", slot=datetime(2026, 11, 23, tzinfo=UTC), title="Kurz", date="Montag",
        script=script, stories=(), brand=Brand(name="Kurz"),
    )  # fmt: skip


def run(folder: Path, deed: Callable[[Tools], Awaitable[Result]]) -> tuple[Result, int]:
    """Do *deed* with real tools; also return how often work was sent to another process."""
    calls = 0

    async def main() -> Result:
        offload = Offload()

        async def compute(function: str, *args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            return await offload(function, *args, **options)

        unused: Any = None
        try:
            tools = Tools(http=unused, clock=unused, memory=unused, compute=compute, folder=folder)
            return await deed(tools)
        finally:
            await offload.close()

    return asyncio.run(main()), calls


def test_an_order_is_rendered_once_and_again_only_when_the_film_is_gone(tmp_path: Path) -> None:
    asked = order()
    job, calls = run(tmp_path, lambda tools: RENDERER.submit(tools, asked))
    assert calls == 1
    again, calls = run(tmp_path, lambda tools: RENDERER.submit(tools, asked))
    assert (again, calls) == (job, 0)
    found, calls = run(tmp_path, lambda tools: RENDERER.check(tools, asked, job))
    assert calls == 0
    assert Path(found.video) == tmp_path / f"{job.id}.mp4"
    assert Path(found.video).stat().st_size > 10_000
    assert Path(str(found.captions)).read_text(encoding="utf-8").endswith("Guten Abend.\n")
    assert found.seconds is not None
    assert found.seconds > 2
    assert "silent" in found.notes[0]

    Path(found.video).unlink()
    found_again, calls = run(tmp_path, lambda tools: RENDERER.check(tools, asked, job))
    assert calls == 1
    assert found_again == found
    assert Path(found.video).exists()


def test_a_film_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    asked = order()
    job = Job(id=RENDERER._id(asked))
    (tmp_path / f"{job.id}.mp4").write_bytes(b"half")
    _, calls = run(tmp_path, lambda tools: RENDERER.check(tools, asked, job))
    assert calls == 1


def test_another_order_or_setting_is_another_job() -> None:
    ids = {
        RENDERER._id(order()),
        RENDERER._id(order("Gute Nacht.")),
        Newsdesk(frame_mode="cfr", crf=30)._id(order()),
        Newsdesk(frame_mode="vfr", crf=20)._id(order()),
    }
    assert len(ids) == 4
    assert RENDERER._id(order()) in ids


def test_a_script_that_says_nothing_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="no sentence"):
        run(tmp_path, lambda tools: RENDERER.submit(tools, order("\x07")))


def test_a_missing_extra_is_one_sentence_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsdesk, "NEEDED", ("json", "no_such_package"))
    with pytest.raises(ConfigError, match=r"\(no_such_package\): run `pip install 'broadcast\[newsdesk\]'`"):
        RENDERER.ready()


@pytest.mark.parametrize("settings", [{"frame_mode": "variable"}, {"crf": 60}, {"fps": 30}])
def test_a_setting_that_does_not_exist_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Newsdesk(**settings)


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, broadcast.renderers.newsdesk as n; n.Newsdesk(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"numpy", "PIL", "av", "hibari", "onnxruntime"} & set(loaded) == set()
