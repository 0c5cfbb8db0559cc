"""YAML and environment -> Show. Every error names file, line and key, and what was probably meant."""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from broadcast.editing import Taste
from broadcast.errors import ConfigError
from broadcast.forms import Form, blanks
from broadcast.material import articles
from broadcast.plugins import Asks, Env, Plugin, Publishes, Speaks, built_in, find
from broadcast.scripting import captions, kinds
from broadcast.settings import Settings
from broadcast.show import Edition, Gate, Outlet, Rows, Show, Way
from broadcast.types import Brand, Budget, Orientation

from . import yamlfile
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

SUFFIXES = (".yaml", ".yml")
MADE_UP = r"function-|literal\[|str$|dict\[|\[key\]$"  #: pydantic's names of what it tried
#: Characters of a part of an address, and of a password in one, that are taken for a secret.
SHORTEST_KEY, SHORTEST_PASSWORD = 16, 8
SHOW = r"[^\W_][\w.-]{0,63}"  #: the name of a show: it ends up in paths and keys


class Absent(ConfigError):
    """A plugin lacks its credential or its extra: in a list it is left out, alone it is an error."""


def shows(settings: Settings) -> list[str]:
    """Return the names of the shows, in order."""
    folder = settings.broadcast_config_dir
    if not folder.is_dir():
        raise ConfigError("there is no such folder; `broadcast new NAME` makes a first show", where=str(folder))
    files = (path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    return sorted({path.stem for path in files if re.fullmatch(SHOW, path.stem)})


def load(name: str, settings: Settings) -> Show:
    """Return the show *name*. Raises `ConfigError`."""
    paths = [settings.broadcast_config_dir / f"{name}{suffix}" for suffix in SUFFIXES if re.fullmatch(SHOW, name)]
    there = [path for path in paths if path.is_file()]
    if len(there) > 1:
        both = " and ".join(path.name for path in there)
        raise ConfigError(f"{both} are two shows of one name: rename one", where=str(settings.broadcast_config_dir))
    if there:
        return build(name, yamlfile.read(there[0], settings.variables), settings)
    known = shows(settings)
    others = f"there is {', '.join(known)}" if known else "`broadcast new NAME` makes a first one"
    raise ConfigError(
        f"there is no show {name!r}; {_meant(name, known) or others}", where=str(settings.broadcast_config_dir)
    )


def build(name: str, document: Document, settings: Settings) -> Show:
    """Return the show that *document* describes. Raises `ConfigError`."""
    return _Builder(name, document, settings).show()


class _Builder:
    """One file on its way to a show."""

    def __init__(self, name: str, document: Document, settings: Settings) -> None:
        self.name, self.document, self.settings = name, document, settings
        self.notes: list[str] = []
        self.blank = False  #: whether rows or calls bring fields

    def show(self) -> Show:
        data = dict(self.document.data)
        each = self._by_row(data)
        file = self._fit(ShowFile, data, ())
        self.blank = bool(each or file.hooks)
        own = self.document.path.parent / "kinds"
        kind = self._at(("kind",), partial(kinds.load, own=own), file.kind)
        beside = frozenset(SourceFile.model_fields)
        sources = {
            key: self.plugin("sources", ref, ("editions" if each else "sources", key), also=beside)
            for key, ref in file.sources.items()
        }
        outlets = {key: self._outlet(key, ref) for key, ref in file.channels.items()}
        also = frozenset(OutletFile.model_fields)
        channels = {
            key: self.plugin("channels", ref, ("channels", key), also=also) for key, ref in file.channels.items()
        }
        self.document.secrets.update(_secrets(file.hooks))
        if file.quorum > max(len(sources), 1):
            raise self.error(
                ("quorum",), f"`quorum: {file.quorum}` is more than the {len(sources)} sources there are"
            )
        writers = self._first_that_can("writers", "writer", file.writer)
        ways = self._first_that_can("renderers", "renderer", file.renderer)
        brand = self._brand(file)
        return Show(
            name=self.name,
            title=file.title,
            kind=kind,
            schedules=tuple(file.schedule),
            window=file.window,
            sources=sources,
            hooks=file.hooks,
            quorum=min(file.quorum, len(sources)),
            articles=frozenset(key for key, ref in file.sources.items() if self._reads_articles(key, ref)),
            writers={key: plugin for key, plugin, _ in writers},
            editions=tuple(self._editions(file, kind, ways)),
            channels=channels,
            outlets=outlets,
            rows=each,
            blank=self.blank,
            publish=self._publish(file),
            alerts=self._alerts(file),
            ping=self._ping(file),
            approval=self._approval(file),
            link=file.link,
            presenters=file.presenters,
            keep=file.keep,
            weights={key: self._weight(key, ref) for key, ref in file.sources.items()},
            priority=file.priority,
            updates=file.updates,
            budget=Budget(**file.budget.model_dump()),
            brand=brand,
            notes=tuple(self.notes),
            secrets=frozenset(self.document.secrets),
        )

    def plugin(self, role: str, ref: Ref, loc: Path_, *, also: frozenset[str] = frozenset()) -> Any:
        """Return the plugin that *ref* asks for. *also* are keys of the place it stands in, not its own."""
        options = dict(ref) if isinstance(ref, dict) else {"use": ref}
        use = options.pop("use", None)
        if not isinstance(use, str):
            raise self.error(loc, f"says no `use:`; write `use: {_example(role)}`")
        try:
            cls = find(role, use)
        except ConfigError as error:
            meant = _meant(use, built_in(role))
            raise self.error(loc, f"{error}; {meant or 'there is ' + ', '.join(built_in(role))}") from None
        options = {key: value for key, value in options.items() if key not in also}
        self._fill(cls, use, options, loc)
        if role == "channels" and loc[0] == "channels" and self.blank and blanks(cls, options):
            return self._form(str(loc[-1]), cls, options, loc, also)
        plugin = self._fit(cls, options, loc, also={"use", *also})
        self.document.secrets.update(_secrets(plugin))
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
            self.document.secrets.update(_secrets(sample))
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
            if isinstance(part := options.get(key), dict) and (inner := _chosen(field.annotation, part)):
                options[key] = part = dict(part)
                self._fill(inner, f"{use} with {key} {part['use']}", part, (*loc, key))
            for env in (mark for mark in field.metadata if isinstance(mark, Env)):
                if key in options:
                    continue
                if value := self.settings.variables.get(env.name):
                    options[key] = value
                elif field.is_required():
                    page = f"; get one at {env.page}" if env.page else ""
                    raise Absent(f"{use} is left out: {env.name} is not set{page}", where=self.document.where(loc))

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
            if getattr(plugin, "dubs", False):
                raise self.error(loc, f"{use} dubs another edition's video: write `via: {use}` of an edition")
            label = use.rpartition(":")[2] or use
            taken = [name for name, _, _ in found]
            found.append((label if label not in taken else f"{label}-{index + 1}", plugin, ref))
        if not found:
            raise absent[-1] if len(absent) == 1 else ConfigError(
                "; ".join(str(error).partition(": ")[2] for error in absent), where=self.document.where((key,))
            )  # fmt: skip
        self.notes += [str(error).partition(": ")[2] for error in absent]
        return found

    def _editions(self, file: ShowFile, kind: kinds.Kind, ways: list[tuple[str, Any, Ref]]) -> Iterable[Edition]:
        named = {name for edition in file.editions.values() for name in edition.channels or ()}
        for name, edition in (file.editions or {"main": EditionFile()}).items():
            for channel in edition.channels or ():
                if channel not in file.channels:
                    hint = _meant(channel, file.channels) or f"there is {', '.join(file.channels)}"
                    raise self.error(("editions", name, "channels"), f"there is no channel {channel!r}; {hint}")
            rest = tuple(channel for channel in file.channels if channel not in named)
            if not (edition.channels if edition.channels is not None else rest):
                message = f"edition {name!r} has no channel: the other editions name them all"
                raise self.error(("editions", name), message)
            dubs = self._dubs(file, name, edition)
            yield Edition(
                name=name,
                dubs=dubs,
                language=edition.language or file.language,
                seconds=edition.seconds or file.seconds or kind.seconds,
                stories=edition.stories or file.stories or kind.stories,
                tags=frozenset(edition.tags),
                taste=_taste(file, edition),
                channels=tuple(edition.channels) if edition.channels is not None else rest,
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

    def _weight(self, name: str, ref: Ref) -> float:
        return float(self._fit(SourceFile, ref if isinstance(ref, dict) else {}, ("sources", name)).weight)

    def _outlet(self, name: str, ref: Ref) -> Outlet:
        said = self._fit(OutletFile, ref if isinstance(ref, dict) else {}, ("channels", name))
        if said.caption is not None and not self.blank:
            self._at(("channels", name, "caption"), captions.known, said.caption)
        return Outlet(caption=said.caption, disclosure=said.disclosure)

    def _reads_articles(self, name: str, ref: Ref) -> bool:
        loc: Path_ = ("sources", name)
        said = self._fit(SourceFile, ref if isinstance(ref, dict) else {}, loc)
        if said.fetch is None:
            return False
        self._at((*loc, "fetch"), articles.ready, "`fetch: article`")
        return True

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
        self.document.secrets.update(_secrets(file.ping))
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
        """Return *cls* made from *data*, or say which key is wrong and where it stands."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=False)
            first = next(
                (one for one in found if one["type"] == "extra_forbidden"), found[0]
            )  # a typo explains a gap
            place = _place(first["loc"], data)
            key = ".".join(str(part) for part in (*loc, *place))
            if first["type"] == "extra_forbidden":
                known = [*_fields(cls, place[:-1], data), *(also if len(place) == 1 else ())]
                hint = _meant(str(place[-1]), known) or f"there is {', '.join(sorted(known))}"
                raise self.error((*loc, *place), f"there is no key `{key}`; {hint}") from None
            if first["type"] == "missing":
                raise self.error((*loc, *place), f"`{key}` is missing") from None
            message = first["msg"].removeprefix("Value error, ")
            if _value(place, data) is None and first["type"] in _WANTED:
                message = "stands there with nothing behind it: give it a value, or take it out"
            elif first["type"] in _WANTED:
                message = _WANTED[first["type"]].format(message)
            raise self.error(
                (*loc, *place), f"`{key}`: {message[:1].lower()}{message[1:]}" if key else message
            ) from None


_WANTED = {
    "string_type": "{}: put it in quotes",
    "dict_type": "must hold keys and values: a name, a colon, and what belongs to it",
    "model_type": "must hold keys and values, like {{key: value}}",
}  #: pydantic's words say what Python would want; these say what to write


def _value(place: Path_, data: Any) -> Any:
    """Return what stands at *place* in *data*, or an empty text where nothing can."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return data


def _taste(file: ShowFile, edition: EditionFile) -> Taste:
    """Return what *edition* prefers: as the show does, where it does not say."""
    topics = edition.topics or file.topics
    most = edition.per_source or file.per_source
    return Taste(want=tuple(topics.want), avoid=tuple(topics.avoid), per_source=most)


def _secrets(value: Any) -> Iterable[str]:
    """Yield every secret that a plugin's settings hold."""
    if isinstance(value, SecretStr):
        yield from _telling(value.get_secret_value())
    elif isinstance(value, BaseModel):
        yield from (one for key in type(value).model_fields for one in _secrets(getattr(value, key)))
    elif isinstance(value, Mapping):
        yield from (one for part in value.values() for one in _secrets(part))
    elif isinstance(value, list | tuple):
        yield from (one for part in value for one in _secrets(part))


def _telling(secret: str) -> Iterable[str]:
    """Yield *secret*; and of an address what lets somebody in: a service may say back a part of it. Pure."""
    yield secret
    try:
        parts = urlsplit(secret)
    except ValueError:
        return
    if parts.netloc:
        words = [*parts.path.split("/"), *(word for _, word in parse_qsl(parts.query))]
        yield from (word for word in words if len(word) >= SHORTEST_KEY)
        given = {parts.password or "", unquote(parts.password or "")}
        yield from (word for word in given if len(word) >= SHORTEST_PASSWORD)


def _place(loc: Path_, data: Any) -> Path_:
    """Return *loc*, where pydantic found something wrong in *data*, as the file has it."""
    place: list[str | int] = []
    for part in loc:
        if not _made_up(part, data):
            place.append(part)
            data = _within(data, part)
    return tuple(place)


def _within(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _made_up(part: str | int, data: Any) -> bool:
    """Return whether pydantic named a branch of its own, or by what *data* chose one: no file has these."""
    if isinstance(data, Mapping) and part in data:
        return False
    if isinstance(part, int):
        return not isinstance(data, list)  # one that stands where a list may is a list of one
    chose = data.get("use") if isinstance(data, Mapping) else data
    return isinstance(part, str) and (part == chose or bool(re.match(MADE_UP, part)))


def _chosen(annotation: Any, part: Mapping[str, Any]) -> type[BaseModel] | None:
    """Return which of the models that a key takes is meant by the `use:` of *part*."""
    for model in _models(annotation):
        use = model.model_fields.get("use")
        if use and part.get("use") in getattr(use.annotation, "__args__", ()):
            return model
    return None


def _fields(cls: type[BaseModel], place: Path_, data: Any) -> list[str]:
    """Return the keys that are known at *place* within *cls*, where *data* was meant for it."""
    for part in place:
        data = _within(data, part)
        field = cls.model_fields.get(str(part))
        if field is None:
            continue
        models = list(_models(field.annotation))
        if not models:
            return []
        cls = (_chosen(field.annotation, data) if isinstance(data, Mapping) else None) or models[0]
    return [field.alias or key for key, field in cls.model_fields.items()]


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def _example(role: str) -> str:
    return {"sources": "rss", "writers": "extractive", "renderers": "newsdesk"}.get(role, "folder")
