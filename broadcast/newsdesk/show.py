"""What stands on screen in every frame of a show."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .captions import Phrase, phrases
from .compositor import Box, Compositor, Layer, Sprite
from .look import INK, Palette, ground
from .lower_third import (
    METER_BARS,
    METER_LEVELS,
    SLANT,
    band,
    bar,
    caption,
    caption_face,
    caption_room,
    caption_width,
    meter,
    ticker_card,
    ticker_strip,
    ticker_tag,
)
from .pieces import brand_row
from .scenes import Scenery
from .sound import RATE
from .stage import FPS, PROGRESS_HEIGHT, TICKER_HEIGHT, FrameMode, Piece, Still, eased
from .voice import Narration

WIPE = 17  #: frames from one scene to the next
BEFORE_WORDS = 0.5  #: seconds from the start of a scene to its first word
TICKER_STEP = 4  #: pixels a frame; even, so that chroma need not be made anew
CARD = 150  #: frames that a headline stands in the calm ticker
TURN = 8  #: frames in which it is replaced


class Show:
    """The layers of every frame. Scenes are drawn when their time comes, and dropped when it is over.

    `vfr` is the calm design: what moves all the time in `cfr` (ticker, meter, progress) moves in steps, so that
    few frames differ from the one before.
    """

    def __init__(self, scenery: Scenery, narration: Narration, frame_mode: FrameMode) -> None:
        self.scenery, self.narration, self.stage = scenery, narration, scenery.stage
        self.frames = round(narration.seconds * FPS)
        self.calm = frame_mode == "vfr"
        starts = [segment[0][0].start for segment in narration.segments]
        self.starts = [0, *(max(1, round((start - BEFORE_WORDS) * FPS)) for start in starts[1:])]
        type_ = scenery.type_
        face, room = caption_face(self.stage), caption_room(self.stage)
        self.phrases: list[Phrase] = []
        for segment in narration.segments:
            self.phrases += phrases(segment, room, lambda words: caption_width(type_, face, words))
        self._phrase_starts = [round(phrase.start * FPS) for phrase in self.phrases]
        self._captions: dict[int, tuple[Still, list[Still]]] = {}
        self._scenes: dict[int, list[Piece]] = {}
        top = self.stage.ticker
        self._tag, self._tag_width = ticker_tag(
            type_, self.stage, scenery.palette, scenery.words.headlines, faded=not self.calm
        )
        self._window = self.stage.width - self._tag_width + SLANT
        self._cards: list[Sprite] = []
        self._strip: Sprite | None = None
        titles = [type_.clean(title, 110) for title in scenery.show.headlines[:10]] or [scenery.show.title]
        if self.calm:
            self._cards = [ticker_card(type_, self.stage, title, self._window) for title in titles]
        else:
            self._strip, self._loop = ticker_strip(type_, self.stage, titles, self.stage.width)
        self._meter = meter(scenery.palette) if narration.spoken else []
        self._levels = self._loudness()
        self._band, self._seam = band(self.stage, scenery.palette, top)
        self._progress = bar(self.stage.width, PROGRESS_HEIGHT, scenery.palette.second)

    def compositor(self, palette: Palette, mark: Image.Image | None) -> Compositor:
        """Return a compositor whose ground is the set, with all that never changes on it."""
        stage, show = self.stage, self.scenery.show
        bare = Compositor(ground(stage.width, stage.height), stage.width, stage.height)
        stills = brand_row(self.scenery.type_, stage, palette, show.name, show.date, mark)
        strip = bar(stage.width, stage.height - stage.ticker, INK)
        track = bar(stage.width, PROGRESS_HEIGHT, (38, 46, 72, 255))
        edge = bar(stage.width, 2, (58, 68, 98, 255))
        layers = [layer for still in stills for layer in still.layers(0)]
        layers += [
            Layer(strip, 0, stage.ticker),
            Layer(track, 0, stage.height - PROGRESS_HEIGHT),
            Layer(edge, 0, stage.ticker - 2),
        ]
        bare.draw(layers)
        return Compositor(bare.buffer, stage.width, stage.height)

    def layers(self, frame: int) -> list[Layer]:
        """Return what stands in frame number *frame*, the undermost first."""
        number = bisect_right(self.starts, frame) - 1
        since = frame - self.starts[number]
        found = self._scene(number, since) if number == 0 or since >= WIPE else self._wipe(number, since)
        found += self._meter_layers(frame)
        found += self._caption_layers(frame)
        found += self._ticker_layers(frame)
        return found

    # --- scenes

    def _scene(self, number: int, since: int) -> list[Layer]:
        if number not in self._scenes:
            self._scenes = {key: value for key, value in self._scenes.items() if key == number - 1}
            self._scenes[number] = self.scenery.pieces(number)
        return [layer for piece in self._scenes[number] for layer in piece.layers(since)]

    def _wipe(self, number: int, since: int) -> list[Layer]:
        """Show the new scene on one side of the band, the old one on the other."""
        stage = self.stage
        share = eased((since + 1) / WIPE) if since < WIPE else 1.0
        span = stage.width + 2 * self._band.width
        seam = round(-self._band.width + span * share)
        if stage.mirrored:
            seam = stage.width - seam
        left = (seam - self._seam) & ~1
        cut = min(max((left + self._seam) & ~1, 0), stage.width)
        sides = [Box(0, 0, cut, stage.height), Box(cut, 0, stage.width, stage.height)]
        fresh, stale = sides[::-1] if stage.mirrored else sides
        found: list[Layer] = []
        for scene, side in (
            (self._scene(number - 1, self.starts[number] - self.starts[number - 1]), stale),
            (self._scene(number, since), fresh),
        ):
            for layer in scene:
                clip = layer.clip.cut(side) if layer.clip else side
                if layer.box().cut(clip):
                    found.append(layer._replace(clip=clip))
        return [*found, Layer(self._band, left, 0)]

    # --- in front

    def _caption_layers(self, frame: int) -> list[Layer]:
        number = bisect_right(self._phrase_starts, frame) - 1
        if number < 0 or frame >= round(self.phrases[number].end * FPS):
            return []
        phrase = self.phrases[number]
        if number not in self._captions:
            made = caption(self.scenery.type_, self.stage, self.scenery.palette, phrase.words)
            self._captions = {number: made}
        plate, words = self._captions[number]
        found = list(plate.layers(0))
        now = frame / FPS
        for at, mark in enumerate(words):
            until = phrase.words[at + 1].start if at + 1 < len(words) else phrase.words[at].end + 0.1
            if phrase.words[at].start <= now < min(until, phrase.words[at].end + 0.25):
                found += mark.layers(0)
                break
        return found

    def _meter_layers(self, frame: int) -> list[Layer]:
        if not self._meter:
            return []
        every = 8 if self.calm else 3
        step = frame // every
        level = int(self._levels[min(step * every, len(self._levels) - 1)])
        pictures = self._meter[level]
        stage = self.stage
        width = METER_BARS * 14
        from_far = (0 if stage.portrait else 220) + stage.margin
        x = stage.x(stage.width - from_far - width - (0 if stage.portrait else 12), width)
        y = stage.top + (92 if stage.portrait else 6)
        return [Layer(pictures[step % len(pictures)], x & ~1, y)]

    def _loudness(self) -> NDArray[np.int64]:
        """Return for every frame how high the meter stands, 0 to `METER_LEVELS`."""
        hop = RATE // FPS
        samples = self.narration.samples
        size = len(samples) // hop
        if not size:
            return np.zeros(1, np.int64)
        power = np.sqrt(np.square(samples[: size * hop]).reshape(size, hop).mean(1))
        high: NDArray[np.float32] = np.maximum.reduce([np.roll(power, shift) for shift in range(3)])
        levels: NDArray[np.int64] = np.clip(np.rint(high / 0.28 * METER_LEVELS), 0, METER_LEVELS).astype(np.int64)
        return levels

    def _ticker_layers(self, frame: int) -> list[Layer]:
        stage = self.stage
        top, near = stage.ticker, self._tag_width - SLANT
        left = 0 if stage.mirrored else near
        window = Box(left, top, left + self._window, top + TICKER_HEIGHT)
        found = self._calm_ticker(frame, window) if self.calm else self._running_ticker(frame, window)
        found += self._tag.layers(0)
        every = FPS if self.calm else 3
        done = round(stage.width * (frame // every * every + every) / self.frames) & ~1
        done = min(max(done, 2), stage.width)
        bottom = stage.height - PROGRESS_HEIGHT
        x = stage.width - done if stage.mirrored else 0
        found.append(Layer(self._progress, 0, bottom, 255, Box(x, bottom, x + done, stage.height)))
        return found

    def _running_ticker(self, frame: int, window: Box) -> list[Layer]:
        assert self._strip is not None
        shift = frame * TICKER_STEP % self._loop
        x = window.right - self._strip.width + shift - 24 if self.stage.mirrored else window.left + 24 - shift
        return [Layer(self._strip, x & ~1, window.top, 255, window)]

    def _calm_ticker(self, frame: int, window: Box) -> list[Layer]:
        turn, into = divmod(frame, CARD)
        now = self._cards[turn % len(self._cards)]
        if len(self._cards) == 1 or turn == 0 or into >= TURN:
            return [Layer(now, window.left, window.top, 255, window)]
        before = self._cards[(turn - 1) % len(self._cards)]
        up = round(TICKER_HEIGHT * eased((into + 1) / TURN)) & ~1
        return [
            Layer(before, window.left, window.top - up, 255, window),
            Layer(now, window.left, window.top + TICKER_HEIGHT - up, 255, window),
        ]
