"""The scenes of a show: the intro, a story, the sign-off. Each is a list of pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from broadcast.scripting import captions
from broadcast.types import Order, Segment, Story

from .canvas import Canvas
from .card import ROW, card
from .compositor import Sprite
from .figures import Chart, KeyNumber, chart_of, key_number, localised
from .fonts import Face
from .labels import Labels, labels
from .look import MUTED, WHITE, Palette
from .pieces import chip, globe, item, kicker, numeral, placed
from .plot import listed, plot
from .stage import Flipbook, Piece, Stage, Still
from .typesetting import TALL, Typesetter

LEADING, TALL_LEADING = 1.17, 1.42  #: of a headline's lines, in type sizes
LISTED = 6  #: headlines in the intro at most


@dataclass(frozen=True)
class Bill:
    """An order as it is shown: every text cleaned, in the order of the script's segments."""

    title: str
    name: str
    date: str
    segments: tuple[Segment, ...]
    places: tuple[int, ...]  #: of each segment in the script, from 0
    stories: tuple[Story | None, ...]  #: of each segment
    headlines: tuple[str, ...]  #: of the stories told, in order
    spoken: bool = True  #: by a voice, and not in captions only

    @property
    def told(self) -> int:
        return len(self.headlines)


def bill(order: Order, type_: Typesetter) -> Bill:
    """Clean all of *order* that reaches the screen, and leave out segments that say nothing."""
    known = {story.key: story for story in order.stories}
    segments: list[Segment] = []
    places: list[int] = []
    stories: list[Story | None] = []
    headlines: list[str] = []
    title = type_.clean(order.title, 120)
    name = type_.clean(order.brand.name, 60) or title
    for place, segment in enumerate(order.script.segments):
        sentences = tuple(
            sentence.model_copy(update={"text": text})
            for sentence in segment.sentences
            if (text := type_.clean(sentence.text, 1000))
        )
        if not sentences:
            continue
        overlays = tuple(
            overlay.model_copy(update={"text": text, "quote": type_.clean(overlay.quote, 160)})
            for overlay in segment.overlays
            if (text := type_.clean(overlay.text, 80))
        )
        story = known.get(segment.story)
        if story is not None:
            story = _cleaned(story, type_, order.script.language)
        segments.append(segment.model_copy(update={"sentences": sentences, "overlays": overlays}))
        places.append(place)
        stories.append(story)
        if segment.kind == "story":
            headlines.append((story.title if story else "") or type_.shorten(sentences[0].text, 3000, Face(60)))
    date = type_.clean(order.date, 80)
    return Bill(
        title or name, name, date, tuple(segments), tuple(places), tuple(stories), tuple(headlines)
    )  # fmt: skip


def _cleaned(story: Story, type_: Typesetter, language: str) -> Story:
    figures = tuple(
        figure.model_copy(
            update={
                "label": type_.clean(figure.label, 80),
                "text": text,
                "change": type_.clean(figure.change, 80),
                "points": tuple(
                    point.model_copy(update={"label": type_.clean(point.label, 80), "text": shown})
                    for point in figure.points
                    if (shown := type_.clean(point.text, 40))
                ),
            }
        )
        for figure in (localised(one, story.language, language) for one in story.figures)
        if (text := type_.clean(figure.text, 40))
    )
    return story.model_copy(
        update={
            "title": type_.clean(story.title, 240),
            "publisher": type_.clean(story.publisher, 80),
            "outlets": tuple(name for each in story.outlets if (name := type_.clean(each, 80))),
            "tags": tuple(tag for each in story.tags[:1] if (tag := type_.clean(each, 40))),
            "figures": figures,
        }
    )


@dataclass(frozen=True)
class Scenery:
    """Draws scenes for one show."""

    stage: Stage
    type_: Typesetter
    palette: Palette
    show: Bill
    language: str

    @property
    def words(self) -> Labels:
        return labels(self.language, spoken=self.show.spoken)

    def pieces(self, number: int) -> list[Piece]:
        """Draw the scene of the segment with that *number*."""
        segment = self.show.segments[number]
        match segment.kind:
            case "intro":
                return self._intro()
            case "signoff":
                return self._signoff([overlay.text for overlay in segment.overlays])
            case _:
                at = sum(each.kind == "story" for each in self.show.segments[:number])
                return self._story(at, segment, self.show.stories[number])

    def _globe(self) -> Still:
        stage = self.stage
        size = 860 if stage.portrait else 900
        left = stage.width - size + (330 if stage.portrait else 230)
        top = stage.ticker - size + (180 if stage.portrait else 60)
        height = min(size, stage.ticker - 2 - top)
        return Still(globe(self.palette, size, height), stage.x(left, size), top)

    def _intro(self) -> list[Piece]:
        stage, type_ = self.stage, self.type_
        pieces: list[Piece] = [self._globe()]
        top = stage.body
        if self.words.edition:
            name, above = self.show.title, self.words.edition
            pieces.append(kicker(type_, stage, self.palette, above, top, stage.room, over=name))
            top += 78
        sizes = (104, 92, 80, 68, 56)
        rows = (2, 2, 3, 3, 4) if stage.portrait else (1, 1, 1, 2, 2)
        title = type_.fit(self.show.title, stage.room, [Face(size, 800) for size in sizes], rows)
        pieces.append(placed(type_, stage, title, stage.margin, top, WHITE, room=stage.room, shadow=True))
        top += title.height + 34
        listed = self.show.headlines[:LISTED]
        space = (stage.floor - top) // max(len(listed), 1)
        rows_each = 3 if stage.portrait else 1
        size = 52 if stage.portrait and len(listed) < 5 else 44
        for position, headline in enumerate(listed):
            waiting, lit = item(
                type_, self.palette, stage.mirrored, position + 1, headline, stage.room, size, rows_each
            )
            pages = ((0, waiting), (24 + 16 * position, lit))
            margin = round(size / 2)  # of the sheet, above and below the item
            if top + waiting.height - 2 * margin > stage.floor + 20:
                break
            pieces.append(Flipbook(pages, stage.margin, top - margin))
            least = waiting.height - 2 * margin + 12
            top += max(min(space, least + 26), least)
        return pieces

    def _story(self, at: int, segment: Segment, story: Story | None) -> list[Piece]:
        stage, type_, words = self.stage, self.type_, self.words
        pieces: list[Piece] = [chip(type_, stage, words.counter.format(at=at + 1, of=self.show.told))]
        publisher = story.publisher if story else ""
        slug = (story.tags[0] if story and story.tags else publisher) or self.show.name
        if story and story.update:
            slug = captions.update(self.language)
        chart = chart_of(story)
        key = None if chart else key_number(story, segment.overlays)
        headline = self.show.headlines[at]
        if key is None and chart is None:
            pieces.append(numeral(type_, stage, at + 1))
        also = story.outlets if story else ()
        source = words.credit((publisher, *also), "" if also else self._host(story))
        make = self._upright if stage.portrait else self._wide
        return pieces + make(slug, headline, source, key or chart)

    def _host(self, story: Story | None) -> str:
        """Return where the story can be read: "example.com"."""
        try:
            host = urlsplit(story.url).hostname if story else None
        except ValueError:
            return ""
        return self.type_.clean((host or "").removeprefix("www."), 60)

    def _wide(self, slug: str, headline: str, source: str, key: KeyNumber | Chart | None) -> list[Piece]:
        stage, type_ = self.stage, self.type_
        plate, most_high = (960, 600) if isinstance(key, Chart) else (600, 560)
        room = stage.room - (plate + 70 if key else 0)
        sizes, rows = (112, 100, 88, 76, 66, 56), (2, 3, 3, 4, 4, 4)
        if key:
            sizes, rows = (84, 76, 68, 60, 54, 48), (3, 3, 4, 4, 5, 5)
        if isinstance(key, Chart):
            sizes, rows = (72, 64, 58, 52, 48, 42), (3, 4, 5, 6, 6, 7)
        leading = TALL_LEADING if TALL.search(headline) else LEADING
        space = (stage.floor - stage.body - 86 - (100 if source else 20)) / leading
        limits = [max(1, min(most, int(space / size))) for size, most in zip(sizes, rows, strict=True)]
        block = type_.fit(headline, room, [Face(size, 800) for size in sizes], limits)
        high = 92 + block.height + (80 if source else 0)
        top = stage.body + (0 if key else max(0, (stage.floor - stage.body - high) // 2 - 30))
        pieces: list[Piece] = [
            kicker(type_, stage, self.palette, slug, top, room, over=headline),
            placed(type_, stage, block, stage.margin, top + 86, WHITE, room=room, shadow=True),
        ]
        if source:
            line = type_.fit(source, room, [Face(28, 500), Face(24, 500)], [1, 2])
            pieces.append(
                placed(type_, stage, line, stage.margin + 2, top + 86 + block.height + 30, MUTED, room=room)
            )
            high = 86 + block.height + 30 + line.height
        if isinstance(key, Chart) and key.others and top + high + 40 + ROW * len(key.others) <= stage.floor:
            pieces.append(listed(type_, stage, key, stage.margin, top + high + 40, room))
        if key:
            left = stage.width - stage.margin - plate
            pieces += self._plate(key, left, stage.body + 4, plate, min(most_high, stage.board - stage.body - 20))
        return pieces

    def _upright(self, slug: str, headline: str, source: str, key: KeyNumber | Chart | None) -> list[Piece]:
        stage, type_ = self.stage, self.type_
        sizes = (88, 80, 72, 64, 56) if key else (108, 96, 84, 72, 62)
        rows = (4, 4, 5, 5, 6) if key else (5, 6, 6, 7, 7)
        block = type_.fit(headline, stage.room, [Face(size, 800) for size in sizes], rows)
        top = stage.body + (0 if key else max(0, (stage.floor - stage.body - block.height - 300) // 2))
        pieces: list[Piece] = [
            kicker(type_, stage, self.palette, slug, top, stage.room, over=headline),
            placed(type_, stage, block, stage.margin, top + 92, WHITE, room=stage.room, shadow=True),
        ]
        top += 92 + block.height + 24
        if source:
            line = type_.fit(source, stage.room, [Face(32, 500), Face(28, 500)], [1, 2])
            pieces.append(placed(type_, stage, line, stage.margin + 2, top, MUTED, room=stage.room))
            top += 96
        if key:
            pieces += self._plate(key, stage.margin, top, stage.room, stage.board - top)
        return pieces

    def _plate(self, key: KeyNumber | Chart, left: float, top: int, width: int, room: int) -> list[Piece]:
        if isinstance(key, Chart):
            return plot(self.type_, self.stage, self.palette, key, left, top, width, room)
        return card(self.type_, self.stage, self.palette, key, left, top, width, room)

    def _signoff(self, shown: Sequence[str]) -> list[Piece]:
        stage, type_, words = self.stage, self.type_, self.words
        sizes = (124, 112, 100, 88, 76, 64)
        rows = (3,) * 6 if stage.portrait else (1, 1, 1, 2, 2, 2)
        text = words.thanks or self.show.title
        title = type_.fit(text, stage.room, [Face(size, 800) for size in sizes], rows)
        credit = words.credit(name for story in self.show.stories if story for name in story.publishers)
        top = stage.body + (50 if not stage.portrait else 120)
        pieces: list[Piece] = [self._globe()]
        pieces += [kicker(type_, stage, self.palette, self.show.name, top, stage.room, over=text)]
        top += 96
        pieces.append(placed(type_, stage, title, stage.margin, top, WHITE, room=stage.room, shadow=True))
        top += title.height + 30
        rule = Canvas(220, 8)
        rule.box(0, 0, 220, 8, radius=4, fill=self.palette.accent)
        pieces.append(Still(Sprite(rule.image), stage.x(stage.margin + 4, 220), top))
        top += 58
        for text in shown:
            block = type_.fit(text, stage.room, [Face(56, 700), Face(48, 700), Face(40, 700)], [1])
            pieces.append(placed(type_, stage, block, stage.margin + 2, top, WHITE, room=stage.room))
            top += block.height + 26
        if credit:
            block = type_.fit(credit, stage.room, [Face(38, 600), Face(34, 600)], [2, 3])
            pieces.append(placed(type_, stage, block, stage.margin + 2, top, WHITE, room=stage.room))
            top += block.height + 26
        block = type_.fit(words.disclosure, stage.room, [Face(36, 500), Face(32, 500)], [1, 3])
        pieces.append(placed(type_, stage, block, stage.margin + 2, top, MUTED, room=stage.room))
        return pieces


def spoken_texts(show: Bill) -> Sequence[Sequence[str]]:
    """Return the sentences of every segment."""
    return [[sentence.text for sentence in segment.sentences] for segment in show.segments]
