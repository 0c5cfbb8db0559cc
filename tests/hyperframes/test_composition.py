"""A template becomes a folder that can be rendered; what stories say arrives as data and never as HTML."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast.hyperframes import composition, sheet, studio, templates
from broadcast.newsdesk.fonts import Source
from broadcast.newsdesk.scenes import bill
from broadcast.newsdesk.typesetting import Typesetter
from broadcast.renderers.hyperframes import Hyperframes
from broadcast.types import Figure, Order, Point
from tests.newsdesk.shows import short

HOSTILE = "</script><img src=x onerror=alert(1)>' \" {{title}} ${title} <b>"


def told(order: Order) -> dict[str, Any]:
    type_ = Typesetter(order.script.language)
    return sheet.variables(order, bill(order, type_), [0.0, 2.0, 4.0, 6.0], 8.0, [], type_.rtl)


def own(folder: Path, declared: str, body: str = '<main data-composition-id="x" data-duration="1"></main>') -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text(f"<html data-composition-variables='{declared}'>{body}</html>")
    return folder


@pytest.mark.parametrize("name", templates.built_in())
def test_every_template_declares_only_what_is_told_and_loads_nothing_from_elsewhere(name: str) -> None:
    folder = templates.folder(name)
    text, declared = templates.read(folder)
    assert declared <= templates.KNOWN.keys()
    assert "data-no-timeline" in text
    for path in (*folder.iterdir(), *templates.COMMON.iterdir()):
        said = path.read_text()
        assert "//" not in said.replace("http://www.w3.org/2000/svg", "").replace("// ", "")
        assert "innerHTML" not in said
        assert "insertAdjacent" not in said
        assert "eval(" not in said


def test_one_source_is_credited_in_the_singular_and_several_in_the_plural() -> None:
    def credits(*outlets: str) -> list[str | None]:
        order = short("de")
        stories = [story.model_copy(update={"publisher": "Amt", "outlets": outlets}) for story in order.stories]
        scenes = json.loads(told(order.model_copy(update={"stories": tuple(stories)}))["scenes"])
        return [scene.get("source") for scene in scenes]

    assert [None, *["Quelle  Amt"] * 3] == credits()
    assert [None, *["Quellen  Amt · Bote"] * 3] == credits("Bote")


def test_there_are_two_templates() -> None:
    assert ["headline", "weekly"] == templates.built_in()


def test_length_and_size_are_written_into_a_copy_and_nothing_else_is(tmp_path: Path) -> None:
    order = short("en", HOSTILE)
    template = templates.folder("weekly")
    before = (templates.COMMON / "index.html").read_text()
    path = composition.write(template, tmp_path / "x", told(order), {}, seconds=12.3456, size=(1080, 1920))

    html = (tmp_path / "x" / "index.html").read_text()
    assert 'data-duration="12.346"' in html
    assert 'data-width="1080" data-height="1920"' in html
    assert "data-no-timeline" in html
    assert "alert" not in html
    assert before == (templates.COMMON / "index.html").read_text()
    scenes = json.loads(json.loads(path.read_text())["scenes"])
    assert scenes[1]["headline"].startswith("</script><img src=x onerror=alert(1)>")
    assert "alert" not in (tmp_path / "x" / "fonts.css").read_text()


def test_a_chart_is_told_as_shares_and_the_story_s_own_texts() -> None:
    points = (Point(label="a", text="−50", value=-50), Point(label="b", text="150", value=150))
    order = short("en")
    figure = Figure(label="Net", text="100", points=points, drawn="bars")
    order = order.model_copy(
        update={"stories": (order.stories[0].model_copy(update={"figures": (figure,)}), order.stories[1])}
    )
    chart = json.loads(told(order)["scenes"])[1]["chart"]
    assert ("bars", "100", 0.25) == (chart["shape"], chart["text"], chart["zero"])
    assert [("−50", 0.25, True, False), ("150", 0.75, False, True)] == [
        (one["text"], one["share"], one["negative"], one["strong"]) for one in chart["points"]
    ]


def test_a_show_that_reads_right_to_left_says_so() -> None:
    assert "rtl" == told(short("ar", "الطلبات"))["direction"]


def test_fonts_for_all_that_is_written_lie_beside_it(tmp_path: Path) -> None:
    order = short("ja", "地域別の受注件数 نص")
    composition.write(templates.folder("weekly"), tmp_path / "x", told(order), {}, seconds=1, size=(1920, 1080))
    css = (tmp_path / "x" / "fonts.css").read_text()
    files = sorted((tmp_path / "x" / "fonts").iterdir())
    assert 4 == css.count("@font-face") == len(files)
    assert [b"\0\1\0\0", b"\0\1\0\0", b"\0\1\0\0", b"OTTO"] == sorted(path.read_bytes()[:4] for path in files)
    # A face taken out of its collection draws what it drew there.
    from PIL import ImageFont

    (alone,) = (path for path in files if path.suffix == ".otf")
    source = Source(next(Path(composition.fonts._folder("manimgx_fonts_cjk")).glob("*.ttc")), 0)
    one = ImageFont.truetype(str(alone), 40).getmask("地域")
    two = ImageFont.truetype(str(source.path), 40, index=0).getmask("地域")
    assert bytes(one) == bytes(two)


@pytest.mark.parametrize(
    ("declared", "body", "variables", "words"),
    [
        ('[{"id": "tagline"}]', None, {}, "the template wants the variable 'tagline', which nobody gives: set it"),
        ('[{"id": "title"}]', None, {"tagline": "x"}, "the template declares no variable 'tagline'; it has title"),
        ("nonsense", None, {}, "are no JSON list"),
        ("[]", "<main></main>", {}, "no element with `data-composition-id`"),
    ],
)
def test_a_template_that_does_not_fit_is_refused_when_the_show_is_read(
    tmp_path: Path, declared: str, body: str | None, variables: dict[str, Any], words: str
) -> None:
    folder = own(tmp_path / "t", declared, body) if body else own(tmp_path / "t", declared)
    with pytest.raises(ValidationError, match=words):
        Hyperframes(template=str(folder), variables=variables)


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(
        ValidationError, match="there is no template 'weakly': name one of headline, weekly, or a folder"
    ):
        Hyperframes(template="weakly")


def test_an_edited_template_gives_another_film(tmp_path: Path) -> None:
    folder = own(tmp_path / "t", '[{"id": "title"}]')
    renderer, order = Hyperframes(template=str(folder)), short("de")
    before = renderer._id(order)
    assert before == renderer._id(order)
    (folder / "look.css").write_text("* { color: red }")
    assert before != renderer._id(order)


def test_a_template_of_one_s_own_gets_what_it_declares_and_the_operator_s_values(tmp_path: Path) -> None:
    folder = own(tmp_path / "t", '[{"id": "title"}, {"id": "tagline"}]')
    plan = studio.prepare(short("de"), tmp_path, "job", str(folder), {"tagline": "immer aktuell"}, 10)
    variables = json.loads((tmp_path / "job" / "variables.json").read_text())
    assert {"title": "Kurz und knapp", "tagline": "immer aktuell"} == variables
    assert f'data-duration="{plan.seconds:.3f}"' in (tmp_path / "job" / "index.html").read_text()
    assert any("no voice" in note for note in plan.notes)
    assert "Guten Abend." in (tmp_path / "job.srt").read_text()
