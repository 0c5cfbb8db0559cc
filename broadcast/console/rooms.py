"""The addresses of the console: what is at each, and what comes between a request and it."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote

from aiohttp import web
from pydantic_core import to_jsonable_python

from broadcast.clock import surprise
from broadcast.errors import ConfigError, Unwritten
from broadcast.page.markup import joined, tag

from . import (
    costs,
    deeds,
    deeds_of_runs,
    deeds_of_shows,
    files,
    gates,
    lists,
    log,
    login,
    overviews,
    previews,
    run,
    script,
    shows,
)
from .access import Access, Session
from .house import Asked, Gone, House, Missing
from .layout import Page, content, document, said
from .live import Full, Live
from .saving import Saving
from .visit import Visit, locale

logger = logging.getLogger(__name__)

FORM_BYTES = 65_536  #: of anything that is posted
TWIN = r"{twin:(?:\.json)?}"  #: every page is there for programs, too

PAGES: tuple[tuple[str, Callable[[House, Asked], Awaitable[Page]]], ...] = (
    ("/shows", shows.listed),
    ("/shows/{show:[^/]+?}", shows.one),
    ("/shows/{show:[^/]+}/previews/{id:[^/]+?}", previews.page),
    ("/runs", lists.runs),
    ("/runs/{run:[^/]+?}", run.page),
    ("/runs/{run:[^/]+}/stories", script.stories),
    ("/runs/{run:[^/]+}/script", script.script),
    ("/runs/{run:[^/]+}/prompt", script.prompt),
    ("/held", lists.held),
    ("/calendar", overviews.calendar),
    ("/costs", costs.costs),
    ("/sources", overviews.sources),
    ("/log", log.listed),
)
DEEDS: tuple[tuple[str, deeds.Ask, deeds.Do], ...] = (
    ("/shows/{show:[^/]+}/air", deeds_of_shows.ask_air, deeds_of_shows.air),
    ("/shows/{show:[^/]+}/preview", deeds_of_shows.ask_preview, deeds_of_shows.preview),
    ("/shows/{show:[^/]+}/pause", deeds_of_shows.ask_pause, deeds_of_shows.pause),
    ("/shows/{show:[^/]+}/resume", deeds_of_shows.ask_resume, deeds_of_shows.resume),
    ("/runs/{run:[^/]+}/go-on", deeds_of_runs.ask_go_on, deeds_of_runs.go_on),
    ("/runs/{run:[^/]+}/retry", deeds_of_runs.ask_retry, deeds_of_runs.retry),
    ("/runs/{run:[^/]+}/retract", deeds_of_runs.ask_retract, deeds_of_runs.retract),
    ("/runs/{run:[^/]+}/settle", deeds_of_runs.ask_settle, deeds_of_runs.settle),
    ("/runs/{run:[^/]+}/cancel", deeds_of_runs.ask_cancel, deeds_of_runs.cancel),
)
GATE = "/runs/{run:[^/]+}/gates/{about:script|video}/{edition:[^/]+?}"
ASSETS = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rooms:
    """The console of *house*, for an application that *access* says who may enter."""

    def __init__(self, house: House, access: Access) -> None:
        self._house, self._access, self._live = house, access, Live(house)
        self._login, self._saving = login.Login(access), Saving(house)

    def mount(self, app: web.Application) -> None:
        """Add the console to *app*."""
        add = app.router.add_route
        add("GET", "/", self._outer(self._home))
        for name in ASSETS:
            add("GET", f"/assets/{name}", self._outer(partial(self._asset, name)))
        add("GET", "/login", self._outer(self._ask_login))
        add("POST", "/login", self._outer(self._enter))
        add("POST", "/logout", self._inner(self._leave))
        add("GET", "/runs/{run}/live", self._inner(self._follow))
        add("GET", "/runs/{run}/files/{edition}/{file}", self._inner(self._file))
        add("GET", "/costs.csv", self._inner(self._ledger))
        add("GET", "/runs/{run}/bundle", self._inner(self._bundle))
        for path, ask, do in DEEDS:
            add("GET", path + TWIN, self._inner(partial(self._question, ask)))
            add("POST", path, self._inner(partial(self._deed, ask, do)))
        add("GET", GATE + TWIN, self._inner(partial(self._page, gates.page)))
        add("POST", GATE, self._inner(self._answer_gate))
        for path, page in PAGES:
            add("GET", path + TWIN, self._inner(partial(self._page, page)))
        add("GET", "/{nowhere:.*}", self._inner(self._nowhere))
        app.on_shutdown.append(self._close)

    async def _close(self, _: web.Application) -> None:
        await self._live.close()

    # --- what comes before

    def _outer(self, do: Handler) -> Handler:
        """Let only browsers pass that mean this machine; answer in plain words whatever goes wrong."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if self._access.misled(request):
                    raise web.HTTPMisdirectedRequest
                if (request.content_length or 0) > FORM_BYTES:
                    raise web.HTTPRequestEntityTooLarge(FORM_BYTES, request.content_length or 0)
                answer = await do(request)
            except web.HTTPException as error:
                answer = self._failure(request, error.status, _STATUS.get(error.status, error.reason or ""))
            except Missing as error:
                answer = self._failure(request, 404, str(error))
            except Gone as error:
                answer = self._failure(request, 410, str(error))
            except ConfigError as error:
                answer = self._failure(request, 409, str(error))
            except (Unwritten, Full) as error:
                answer = self._failure(request, 503, str(error))
            except Exception as error:
                logger.error("%s", surprise(f"the page {request.path[:200]}", error))
                logger.debug("%s", request.path[:200], exc_info=True)
                answer = self._failure(request, 500, "this page has a bug; the log says which")
            if not answer.prepared:
                for name, value in HEADERS.items():
                    answer.headers.setdefault(name, value)
            return answer

        return guarded

    def _inner(self, do: Callable[[web.Request, Session], Awaitable[web.StreamResponse]]) -> Handler:
        """Let only those pass who are known, and forms of ours."""

        async def admitted(request: web.Request) -> web.StreamResponse:
            vouched = self._access.named(request)
            session = self._access.known(request.cookies.get(_cookie(request), ""))
            fresh = None
            if vouched is not None and (session is None or session.user != vouched):
                session, fresh = self._access.session(vouched)
            if vouched is None and (session is None or not self._access.hash):
                return self._stranger(request)
            assert session is not None
            if request.method == "POST":
                form = await _form(request)
                if self._access.foreign(request) or not self._access.ours(session, form.get("token")):
                    raise web.HTTPForbidden
            answer = await do(request, session)
            if fresh and not answer.prepared:
                self._remember(request, answer, fresh)
            return answer

        return self._outer(admitted)

    def _stranger(self, request: web.Request) -> web.StreamResponse:
        if not self._access.hash:
            raise web.HTTPForbidden
        if request.method == "GET" and not _wants_json(request):
            return _led_to(f"/login?next={quote(request.path_qs[: login.FAR], safe='')}")
        raise web.HTTPUnauthorized

    def _remember(self, request: web.Request, answer: web.StreamResponse, cookie: str) -> None:
        secure = self._access.secure(request)
        answer.set_cookie(_cookie(request), cookie, path="/", httponly=True, samesite="Lax", secure=secure)

    def _visit(self, request: web.Request, session: Session) -> Visit:
        accepted = locale(request.headers.get("Accept-Language", ""))
        can_leave = bool(self._access.hash) and self._access.named(request) is None
        return Visit(session.user, self._access.token(session), accepted, can_leave)

    def _asked(self, request: web.Request, session: Session) -> Asked:
        path, query = dict(request.match_info), dict(request.query)
        if not all(map(_writable, (*path.values(), *query.values()))):
            raise Missing("there is no such page")
        return Asked(self._visit(request, session), path, query)

    # --- what is there

    async def _home(self, request: web.Request) -> web.StreamResponse:
        return _led_to("/shows")

    async def _asset(self, name: str, request: web.Request) -> web.StreamResponse:
        keep = {"Cache-Control": "public, max-age=31536000, immutable"}
        return web.Response(body=content(name), content_type=ASSETS[name], charset="utf-8", headers=keep)

    async def _page(
        self, page: Callable[[House, Asked], Awaitable[Page]], request: web.Request, session: Session
    ) -> web.StreamResponse:
        asked = self._asked(request, session)
        return self._answer(request, await page(self._house, asked), asked.visit)

    async def _question(self, ask: deeds.Ask, request: web.Request, session: Session) -> web.StreamResponse:
        asked = self._asked(request, session)
        page = await deeds.question(self._house, asked, ask, deeds.back_from(asked))
        return self._answer(request, page, asked.visit)

    async def _deed(
        self, ask: deeds.Ask, do: deeds.Do, request: web.Request, session: Session
    ) -> web.StreamResponse:
        asked = self._asked(request, session)
        form = await _form(request)
        try:
            return _led_to(await do(self._house, asked, form))
        except ConfigError as error:
            page = await deeds.question(self._house, asked, ask, deeds.back_from(asked), str(error))
            return self._answer(request, page, asked.visit)

    async def _answer_gate(self, request: web.Request, session: Session) -> web.StreamResponse:
        asked = self._asked(request, session)
        form = {name: text for name, text in (await request.post()).items() if isinstance(text, str)}
        done = await gates.answer(self._house, asked, form)
        return _led_to(done) if isinstance(done, str) else self._answer(request, done, asked.visit)

    async def _follow(self, request: web.Request, session: Session) -> web.StreamResponse:
        asked = self._asked(request, session)
        id, visit = asked.path["run"], asked.visit
        events = self._live.follow(id, visit)
        first = await anext(events)  # before anything is said: there may be no such run
        headers = {**HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        try:
            await answer.write(first)
            async for event in events:
                await answer.write(event)
        except ConnectionError:
            pass  # the page was closed
        finally:
            await events.aclose()  # type: ignore[attr-defined]
        return answer

    async def _file(self, request: web.Request, session: Session) -> web.StreamResponse:
        named = self._asked(request, session).path
        return await files.file(self._house, named["run"], named["edition"], named["file"])

    async def _ledger(self, request: web.Request, session: Session) -> web.StreamResponse:
        return await (await self._saving.ledger(self._asked(request, session))).sent(request, HEADERS)

    async def _bundle(self, request: web.Request, session: Session) -> web.StreamResponse:
        return await (await self._saving.bundle(self._asked(request, session))).sent(request, HEADERS)

    async def _nowhere(self, request: web.Request, session: Session) -> web.StreamResponse:
        raise Missing("there is no such page")

    # --- login

    async def _ask_login(self, request: web.Request) -> web.StreamResponse:
        if not self._access.hash:
            raise Missing("there is no password to sign in with")
        return self._answer(request, login.page(request.query.get("next", "")), None)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        if self._access.foreign(request):
            raise web.HTTPForbidden
        form = await _form(request)
        path, peer = form.get("next", ""), self._access.peer(request)
        became = await self._login.enter(form.get("name", ""), form.get("password", ""), peer)
        if isinstance(became, login.Refusal):
            answer = self._answer(request, login.page(path, became), None)
            if became.wait:
                answer.headers["Retry-After"] = str(int(became.wait) + 1)
            return answer
        away = _led_to(login.here(path))
        self._remember(request, away, self._access.session(became)[1])
        return away

    async def _leave(self, request: web.Request, session: Session) -> web.StreamResponse:
        self._access.end(session)
        away = _led_to("/login" if self._access.hash else "/shows")
        away.del_cookie(_cookie(request), path="/")
        return away

    # --- answers

    def _answer(self, request: web.Request, page: Page, visit: Visit | None) -> web.StreamResponse:
        if _wants_json(request):
            data = self._house.redact.data(to_jsonable_python(page.data, fallback=str))
            return web.json_response(data, status=page.status)
        text = self._house.redact.text(document(page, visit))
        return web.Response(text=text, content_type="text/html", status=page.status)

    def _failure(self, request: web.Request, status: int, words: str) -> web.StreamResponse:
        home = tag("p", tag("a", "To the shows", href="/shows"))
        title = _TITLES.get(status, "That did not work")
        more = tag("p", said(words, 2000), class_="warning") if words.casefold() != title.casefold() else None
        main = joined(tag("h1", title), more, home)
        return self._answer(
            request, Page(_TITLES.get(status, "Error"), {"error": words}, main, status=status), None
        )


_TITLES = {404: "There is no such page", 410: "It is gone", 401: "Sign in first", 403: "That is not allowed"}
_STATUS = {
    400: "this is not what a form of this console sends",
    401: "sign in first",
    403: "nobody vouches for you here, or the form was too old: go back, reload the page and try again",
    413: f"a form has at most {FORM_BYTES} bytes",
    421: "this machine is not known by that name; name it in BROADCAST_CONSOLE_HOSTS, or use its address",
}


async def _form(request: web.Request) -> dict[str, str]:
    """Return what was posted, as text that a journal can hold."""
    if request.content_type != "application/x-www-form-urlencoded":  # as all forms here are sent
        raise web.HTTPBadRequest
    try:
        posted = await request.post()
    except (ValueError, LookupError):  # bytes that are no text, or in a charset that nobody knows
        raise web.HTTPBadRequest from None
    return {name: text for name, text in posted.items() if isinstance(text, str) and _writable(text)}


def _writable(text: str) -> bool:
    """Return whether any database could hold *text*."""
    return "\x00" not in text and text.encode(errors="replace") == text.encode(errors="surrogatepass")


def _led_to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def _wants_json(request: web.Request) -> bool:
    if request.match_info.get("twin"):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _cookie(request: web.Request) -> str:
    """Name the cookie: browsers keep those of all ports of a machine together."""
    return f"broadcast_console_{request.url.port or 0}"
