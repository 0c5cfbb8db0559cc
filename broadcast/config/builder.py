"""YAML and environment -> Show. Every error names file, line and key, and what was probably meant; all at once."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from broadcast.editing import Taste
from broadcast.errors import ConfigError, Mistakes
from broadcast.forms import Form, blanks
from broadcast.material import articles
from broadcast.plugins import Asks, Env, Plugin, Publishes, Speaks, built_in, find
from broadcast.scripting import captions, kinds
from broadcast.settings import Settings
from broadcast.show import Edition, Gate, Outlet, Rows, Show, Way
from broadcast.types import Brand, Budget, Orientation

from .mending import without
from .mistakes import Part, chosen, meant
from .secrets import secrets
from .showfile import (
    EachFile,
    EditionFile,
    OutletFile,
    Ref,
    ShowFile,
    SourceFile,
    WayFile,
)
from .yamlfile import Document, Path_

LOOKS = 4  #: at what a file says: each leaves out what the one before found wrong


class Absent(ConfigError):
    """A plugin lacks its credential or its extra: left out of a list, as *note* says; alone it is an error."""

    def __init__(self, message: str, *, where: str, note: str = "") -> None:
        super().__init__(message, where=where)
        self.note = note or message


def build(name: str, document: Document, settings: Settings) -> Show:
    """Return the show that *document* describes. Raises `ConfigError`."""
    return _Builder(name, document, settings).show()


class _Builder:
    """One file on its way to a show."""

    def __init__(self, name: str, document: Document, settings: Settings) -> None:
        self.name, self.document, self.settings = name, document, settings
        self.notes: list[str] = []
        self.wrong: list[ConfigError] = list(document.wrong)
        self.blank = False  #: whether rows or calls bring fields

    def show(self) -> Show:
        show: Show = self._noting(self._show)
        if self.wrong:
            raise _all(self.document, self.wrong)
        return show

    def _noting(self, do: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Return what *do* makes; None where that is wrong: it is noted, and the rest is looked at all the same."""
        try:
            return do(*args, **more)
        except ConfigError as error:
            self._note(error)
            return None

    def _note(self, error: ConfigError) -> None:
        self.wrong += error.all if isinstance(error, Mistakes) else [error]

    def _show(self) -> Show:
        data = dict(self.document.data)
        each = self._by_row(data)
        file = self._file(data)
        self.blank = bool(each or file.hooks)
        load = partial(kinds.load, own=self.document.path.parent / "kinds")
        kind = self._noting(self._at, ("kind",), load, file.kind) or load("daily-news")
        beside = frozenset(SourceFile.model_fields)
        place = "editions" if each else "sources"
        sources = {
            key: self._noting(self.plugin, "sources", ref, (place, key), also=beside)
            for key, ref in file.sources.items()
        }
        told = {key: self._noting(self._told, (place, key), ref) for key, ref in file.sources.items()}
        outlets = {key: self._noting(self._outlet, key, ref) for key, ref in file.channels.items()}
        also = frozenset(OutletFile.model_fields)
        channels = {
            key: self._noting(self.plugin, "channels", ref, ("channels", key), also=also)
            for key, ref in file.channels.items()
        }
        self.document.secrets.update(secrets(file.hooks))
        if file.quorum > max(len(sources), 1):
            words = f"`quorum: {file.quorum}` is more than the {len(sources)} sources there are"
            self.wrong.append(self.error(("quorum",), words))
        writers = self._noting(self._first_that_can, "writers", "writer", file.writer) or []
        ways = self._noting(self._first_that_can, "renderers", "renderer", file.renderer) or []
        editions = [self._noting(self._edition, file, kind, ways, name) for name in file.editions or ("main",)]
        return Show(
            name=self.name,
            title=file.title,
            kind=kind,
            schedules=tuple(file.schedule),
            window=file.window,
            sources=sources,
            hooks=file.hooks,
            quorum=min(file.quorum, len(sources)),
            articles=frozenset(key for key, one in told.items() if one and one.fetch),
            writers={key: plugin for key, plugin, _ in writers},
            editions=tuple(editions),
            channels=channels,
            outlets=outlets,
            rows=each,
            blank=self.blank,
            publish=self._noting(self._publish, file),
            alerts=self._noting(self._alerts, file),
            ping=self._ping(file),
            approval=self._noting(self._approval, file),
            link=file.link,
            presenters=file.presenters,
            keep=file.keep,
            weights={key: one.weight for key, one in told.items() if one},
            priority=file.priority,
            updates=file.updates,
            budget=Budget(**file.budget.model_dump()),
            brand=self._noting(self._brand, file),
            notes=tuple(self.notes),
            secrets=frozenset(self.document.secrets),
        )

    def _file(self, data: dict[str, Any]) -> ShowFile:
        """Return what the file says; what is wrong with that is noted, and left out."""
        for _ in range(LOOKS):
            try:
                return ShowFile.model_validate(data)
            except ValidationError as error:
                found = Part(ShowFile, data).mistakes(error)
                self.wrong += [self.error(one.place, one.words) for one in found]
                data = without(data, [one.place for one in found])
        raise self.wrong.pop()

    def plugin(self, role: str, ref: Ref, loc: Path_, *, also: frozenset[str] = frozenset()) -> Any:
        """Return the plugin that *ref* asks for. *also* are keys of the place it stands in, not its own."""
        options = dict(ref) if isinstance(ref, dict) else {"use": ref}
        use = options.pop("use", None)
        if not isinstance(use, str):
            raise self.error(loc, f"says no `use:`; write `use: {_example(role)}`")
        try:
            cls = find(role, use)
        except ConfigError as error:
            hint = meant(use, built_in(role)) or f"there is {', '.join(built_in(role))}"
            raise self.error(loc, f"{error}; {hint}") from None
        options = {key: value for key, value in options.items() if key not in also}
        self._fill(cls, use, options, loc)
        if role == "channels" and loc[0] == "channels" and self.blank and blanks(cls, options):
            return self._form(str(loc[-1]), cls, options, loc, also)
        plugin = self._fit(cls, options, loc, also={"use", *also})
        self.document.secrets.update(secrets(plugin))
        if isinstance(plugin, Plugin):
            try:
                plugin.ready()
            except ConfigError as error:
                raise Absent(str(error), where=self.document.where(loc)) from None
        return plugin

    def _form(self, name: str, cls: type[Any], options: dict[str, Any], loc: Path_, also: Iterable[str]) -> Form:
        """Return a channel with blanks; what else it says is held to its settings as if they were filled."""
        form = Form(name, cls, options)
        sample = form.sample()
        if sample is None:
            where = "/".join(dict.fromkeys(blanks(cls, options).values()))
            rest = {key: value for key, value in options.items() if key not in blanks(cls, options).values()}
            try:
                sample = self._fit(cls, rest, loc, also={"use", *also})
            except ConfigError as error:
                if f"{where}` is missing" not in str(error):
                    raise
        if isinstance(sample, Plugin):
            self.document.secrets.update(secrets(sample))
            sample.ready()
        return form

    def _by_row(self, data: dict[str, Any]) -> Rows | None:
        """Return how rows are made, where `editions.each` names where they come from: then a source of *data*."""
        editions = data.get("editions")
        each = editions.get("each") if isinstance(editions, dict) else None
        if not isinstance(each, dict) or "use" not in each:
            return None
        loc: Path_ = ("editions", "each")
        if len(data["editions"]) > 1:
            raise self.error(("editions",), "`each` makes all editions: take the others out")
        if "sources" in data:
            raise self.error(("sources",), "the rows of `editions.each` are what is told: take `sources` out")
        said = self._fit(EachFile, each, loc)
        try:
            own = find("sources", str(each["use"])).model_fields
        except ConfigError:
            own = {}
        beside = set(EachFile.model_fields) - {key for key in ("language",) if key in own}
        data["sources"] = {"each": {key: value for key, value in each.items() if key not in beside}}
        if "told" in own:  # a source that may also tell its rows together
            data["sources"]["each"].setdefault("told", "each")
        names = set(EachFile.model_fields) & set(EditionFile.model_fields)
        data["editions"] = {"each": {key: value for key, value in each.items() if key in names}}
        return Rows(concurrent=said.concurrent)

    def error(self, loc: Path_, message: str) -> ConfigError:
        return ConfigError(message, where=self.document.where(loc))

    def _fill(self, cls: type[BaseModel], use: str, options: dict[str, Any], loc: Path_) -> None:
        """Fill credentials that the file does not give from the environment, those of parts with a `use:` too."""
        for key, field in cls.model_fields.items():
            if isinstance(part := options.get(key), dict) and (inner := chosen(field.annotation, part)):
                options[key] = part = dict(part)
                self._fill(inner, f"{use} with {key} {part['use']}", part, (*loc, key))
            for env in (mark for mark in field.metadata if isinstance(mark, Env)):
                if key in options:
                    continue
                if value := self.settings.variables.get(env.name):
                    options[key] = value
                elif field.is_required():
                    page = f"; get one at {env.page}" if env.page else "; .env.example says what it looks like"
                    why, where = f"{env.name} is not set{page}", self.document.where(loc)
                    raise Absent(f"{use} cannot be used: {why}", where=where, note=f"{use} is left out: {why}")

    def _first_that_can(self, role: str, key: str, refs: list[Ref]) -> list[tuple[str, Any, Ref]]:
        """Return the plugins of a list. One without its credential is left out with a note, unless it is alone."""
        found: list[tuple[str, Any, Ref]] = []
        absent: list[Absent] = []
        for index, ref in enumerate(refs):
            loc: Path_ = (key, index) if (key, index) in self.document.lines else (key,)
            use = str(ref.get("use", "")) if isinstance(ref, dict) else ref
            also = frozenset(WayFile.model_fields) if role == "renderers" else frozenset()
            try:
                plugin = self.plugin(role, ref, loc, also=also)
            except Absent as error:
                absent.append(error)
                continue
            except ConfigError as error:
                self._note(error)
                continue
            if getattr(plugin, "dubs", False):
                raise self.error(loc, f"{use} dubs another edition's video: write `via: {use}` of an edition")
            label = use.rpartition(":")[2] or use
            taken = [name for name, _, _ in found]
            found.append((label if label not in taken else f"{label}-{index + 1}", plugin, ref))
        if not found and absent:
            raise absent[-1] if len(absent) == 1 else ConfigError(
                "; ".join(error.note for error in absent), where=self.document.where((key,))
            )  # fmt: skip
        self.notes += [error.note for error in absent]
        return found

    def _edition(self, file: ShowFile, kind: kinds.Kind, ways: list[tuple[str, Any, Ref]], name: str) -> Edition:
        edition = file.editions.get(name) or EditionFile()
        for channel in edition.channels or ():
            if channel not in file.channels:
                hint = meant(channel, file.channels) or f"there is {', '.join(file.channels)}"
                raise self.error(("editions", name, "channels"), f"there is no channel {channel!r}; {hint}")
        named = {channel for other in file.editions.values() for channel in other.channels or ()}
        rest = tuple(channel for channel in file.channels if channel not in named)
        channels = tuple(edition.channels) if edition.channels is not None else rest
        if not channels:
            message = f"edition {name!r} has no channel: the other editions name them all"
            raise self.error(("editions", name), message)
        dubs = self._dubs(file, name, edition)
        return Edition(
            name=name,
            dubs=dubs,
            language=edition.language or file.language,
            seconds=edition.seconds or file.seconds or kind.seconds,
            stories=edition.stories or file.stories or kind.stories,
            tags=frozenset(edition.tags),
            taste=_taste(file, edition),
            channels=channels,
            tone=edition.tone,
            audience=edition.audience,
            avatar_id=edition.avatar_id,
            voice_id=edition.voice_id,
            ways=(self._translator(name, edition),)
            if dubs
            else tuple(self._way(key, plugin, ref, edition.orientation) for key, plugin, ref in ways),
        )

    def _dubs(self, file: ShowFile, name: str, edition: EditionFile) -> str:
        """Return the edition whose video *edition* dubs, or nothing."""
        if edition.via is None:
            return ""
        originals = [key for key, other in file.editions.items() if other.via is None]
        if not originals or (edition.of and edition.of not in originals):
            wrong = f"{edition.of!r} has no video of its own" if edition.of else "no edition has a video of its own"
            there = f"; there is {', '.join(originals)}" if originals else ": name one without `via`"
            raise self.error(("editions", name, "of" if edition.of else "via"), f"{wrong} to dub{there}")
        of = edition.of or originals[0]
        if edition.language == (file.editions[of].language or file.language):
            raise self.error(("editions", name, "language"), f"{of!r} is in {edition.language!r} already")
        return of

    def _translator(self, name: str, edition: EditionFile) -> Way:
        loc: Path_ = ("editions", name, "via")
        assert edition.via is not None
        plugin = self.plugin("renderers", edition.via, loc, also=frozenset(WayFile.model_fields))
        if not getattr(plugin, "dubs", False):
            raise self.error(loc, "makes no dub; write `via: translate`")
        use = edition.via if isinstance(edition.via, str) else str(edition.via["use"])
        return self._way(use.rpartition(":")[2] or use, plugin, edition.via, None)

    def _way(self, name: str, plugin: Any, ref: Ref, orientation: Orientation | None) -> Way:
        said = self._fit(WayFile, ref if isinstance(ref, dict) else {}, ("renderer",))
        return Way(
            name=name,
            renderer=plugin,
            attempts=said.attempts,
            patience=said.patience,
            give_up=said.give_up,
            orientation=orientation or said.orientation,
            concurrent=said.concurrent,
        )

    def _outlet(self, name: str, ref: Ref) -> Outlet:
        said = self._fit(OutletFile, ref if isinstance(ref, dict) else {}, ("channels", name))
        if said.caption is not None and not self.blank:
            self._at(("channels", name, "caption"), captions.known, said.caption)
        return Outlet(caption=said.caption, disclosure=said.disclosure)

    def _told(self, loc: Path_, ref: Ref) -> SourceFile:
        said: SourceFile = self._fit(SourceFile, ref if isinstance(ref, dict) else {}, loc)
        if said.fetch:
            self._at((*loc, "fetch"), articles.ready, "`fetch: article`")
        return said

    def _publish(self, file: ShowFile) -> Any:
        if file.publish is None:
            return None
        plugin = self.plugin("channels", file.publish, ("publish",))
        if not isinstance(plugin, Publishes) or not getattr(plugin, "url", None):
            raise self.error(
                ("publish",),
                "`publish` gives no lasting address: use a channel that can, as folder with `url:`",
            )
        return plugin

    def _alerts(self, file: ShowFile) -> Any:
        if file.alerts is None:
            return None
        plugin = self.plugin("channels", file.alerts, ("alerts",))
        if not isinstance(plugin, Speaks):
            raise self.error(("alerts",), "`alerts` cannot send a plain message: use a chat or mail")
        return plugin

    def _approval(self, file: ShowFile) -> Gate | None:
        if file.approval is None:
            return None
        said, ask = file.approval, {}
        for name, ref in said.ask.items():
            loc: Path_ = ("approval", "ask", name)
            ask[name] = self.plugin("channels", ref, loc)
            if not isinstance(ask[name], Asks):
                raise self.error(loc, "cannot ask anybody: use telegram, slack or email")
        return Gate(
            script=said.script, video=said.video, ask=ask, by=tuple(said.by), wait=said.wait, then=said.then
        )

    def _ping(self, file: ShowFile) -> SecretStr | None:
        self.document.secrets.update(secrets(file.ping))
        return file.ping

    def _brand(self, file: ShowFile) -> Brand:
        logo = file.brand.logo
        if logo is not None:
            logo = self.document.path.parent / logo
            if not logo.is_file():
                raise self.error(("brand", "logo"), f"there is no file {logo}")
        return Brand(name=file.brand.name or file.title, colour=file.brand.colour, logo=logo)

    def _at(self, loc: Path_, do: Any, value: Any) -> Any:
        try:
            return do(value)
        except ConfigError as error:
            raise self.error(loc, str(error)) from None

    def _fit(self, cls: type[Any], data: Any, loc: Path_, *, also: Iterable[str] = ()) -> Any:
        """Return *cls* made from *data*, or say which keys are wrong and where they stand."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            found = Part(cls, data, loc, frozenset(also)).mistakes(error)
        wrong = [self.error((*loc, *one.place), one.words) for one in found]
        raise wrong[0] if len(wrong) == 1 else Mistakes(wrong)


def _all(document: Document, wrong: Sequence[ConfigError]) -> ConfigError:
    """Return all that is wrong with a file as one error, in its order. Pure.

    Where a value could not be read, what else is wrong in its line is likely to come of that.
    """
    unread = {one.where for one in document.wrong}
    told = [one for one in wrong if one.where not in unread or one in document.wrong]
    told = list({str(one): one for one in told}.values())
    told.sort(key=lambda one: int(one.where.rpartition(":")[2] or 0))
    return told[0] if len(told) == 1 else Mistakes(told)


def _taste(file: ShowFile, edition: EditionFile) -> Taste:
    """Return what *edition* prefers: as the show does, where it does not say."""
    topics = edition.topics or file.topics
    most = edition.per_source or file.per_source
    return Taste(want=tuple(topics.want), avoid=tuple(topics.avoid), per_source=most)


def _example(role: str) -> str:
    return {"sources": "rss", "writers": "extractive", "renderers": "newsdesk"}.get(role, "folder")
