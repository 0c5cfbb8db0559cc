"""WordPress, by its REST API: the video goes into the article that it was made from."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from pydantic import Field, SecretStr, field_validator

from broadcast.errors import Refused, Rejected
from broadcast.multipart import read
from broadcast.page.markup import tag
from broadcast.page.words import words as words_in
from broadcast.plugins import Answer, Env, Plugin, Rung, Tools
from broadcast.text import clean, cut
from broadcast.types import Destination, Post, Sent
from broadcast.webhooks import basic, fields, judge, post_json, tree

LABEL = "WordPress"
TITLE = 120  #: characters of the words of a link
SECONDS, UPLOAD_SECONDS = 30.0, 540.0
TYPES = ("posts", "pages")
NAMES = {"rest_cannot_edit": "may not edit it", "rest_cannot_create": "may not upload files"}


class WordPress(Plugin):
    """Puts the video into the WordPress article that the story was read from, once, between two markers.

    By its lasting address where it has one, else uploaded to the site, else as a link to its page. Sent again it
    takes the place of what was there; taken back, it leaves the article as it was.
    """

    repeatable: ClassVar[bool] = True

    site: str = Field(description="the address of the site, as https://blog.example.com")
    user: Annotated[str, Env("WORDPRESS_USER")]
    password: Annotated[
        SecretStr,
        Env("WORDPRESS_APP_PASSWORD", "https://wordpress.org/documentation/article/application-passwords/"),
    ]
    article: int | None = Field(None, ge=1, description="the id of the article; not said: the story's address")
    place: Literal["top", "bottom"] = "top"
    limit: int = Field(64 << 20, gt=0, description="bytes of a file that the site takes")

    @field_validator("site")
    @classmethod
    def _is_a_site(cls, site: str) -> str:
        parts = urlsplit(site)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise ValueError("is no address of a site: write it as https://blog.example.com")
        return site.rstrip("/")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return (urlsplit(self.site).netloc,)

    def ladder(self) -> Sequence[Rung]:
        return self.url, self.file, self.link

    async def preflight(self, tools: Tools) -> None:
        """Raise `Refused` where the password is wrong or the user may not edit articles."""
        me = await self._get(tools, "users/me", context="edit")
        may = me.get("capabilities") if isinstance(me, dict) else None
        if isinstance(may, dict) and not may.get("edit_posts"):
            raise Refused(f"{LABEL}: {self.user} may not edit articles: give the user the role of an editor")

    async def url(self, tools: Tools, post: Post, to: str) -> Sent:
        """Embed the video by its lasting address."""
        if not post.video.url:
            raise Rejected("the video has no lasting address: publish it with `publish:`")
        return await self._embed(tools, post, _player(post, post.video.url))

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Upload the video to the site, once, and embed it from there."""
        video = post.video
        if not video.path.is_file():
            raise Rejected(f"{video.path} is gone from the archive")
        if (size := video.path.stat().st_size) > self.limit:
            raise Rejected(f"the video has {size / 1e6:.1f} MB; `limit` allows {self.limit / 1e6:.1f}")
        await self._article(tools, post)  # one that is not there needs no upload
        return await self._embed(tools, post, _player(post, await self._uploaded(tools, post, size)))

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Put a link to the video's page into the article."""
        if not post.link:
            raise Rejected("the video has no lasting address to link to")
        words = tag("a", f"▶ {cut(post.heading or post.title, TITLE)}", href=post.link)
        return await self._embed(tools, post, tag("p", words))

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Take the video out of the article, which is then as it was."""
        kind, _, id = sent.ref.partition("/")
        if kind not in TYPES or not id.isdecimal():
            raise Rejected(f"{LABEL} named no article: take it out by hand")
        article = await self._get(tools, f"{kind}/{id}", context="edit")
        mark = sent.item.split("/")[1]
        text = _raw(article)
        if (without := _without(text, mark)) != text:
            await self._put(tools, f"{kind}/{id}", without)
        return Sent(ref=sent.ref, rung="deleted", url=_web(article))

    async def _embed(self, tools: Tools, post: Post, markup: str) -> Sent:
        kind, article = await self._article(tools, post)
        text = _raw(article)
        block = _marked(markup + _small(post), post.edition)
        rest = _without(text, post.edition)
        changed = f"{block}\n{rest}" if self.place == "top" else f"{rest}\n{block}"
        if changed != text:
            article = await self._put(tools, f"{kind}/{article['id']}", changed)
        return Sent(ref=f"{kind}/{article.get('id')}", url=_web(article))

    async def _article(self, tools: Tools, post: Post) -> tuple[str, Mapping[str, Any]]:
        """Return the article that the video was made from. Raises `Rejected` where the site has none like it."""
        host = _bare(self.site).partition("/")[0]
        address = next((one.url for one in post.stories if _bare(one.url).partition("/")[0] == host), "")
        id = self.article or _id(address)
        for kind in TYPES:
            if id:
                found = await self._get(tools, f"{kind}/{id}", missing=True, context="edit")
                candidates = [found] if isinstance(found, dict) else []
            elif slug := unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2]):
                found = await self._get(tools, kind, slug=slug, context="edit", status="publish")
                candidates = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
                candidates = [one for one in candidates if _bare(str(one.get("link"))) == _bare(address)]
            else:
                break
            if len(candidates) == 1 and candidates[0].get("id"):
                return kind, candidates[0]
        what = f"article {self.article}" if self.article else address or "none of the stories"
        raise Rejected(f"{LABEL}: {what} is no article of {host}; name one with `article: ID`")

    async def _uploaded(self, tools: Tools, post: Post, size: int) -> str:
        """Return the address of the video among the site's files, where it is put unless it is there."""
        name = f"broadcast-{post.video.sha256[:32]}"
        found = await self._get(tools, "media", slug=name)
        for one in found if isinstance(found, list) else ():
            if isinstance(one, dict) and isinstance(one.get("source_url"), str):
                return str(one["source_url"])
        answer = await tools.http.send(
            "POST",
            self._address("media"),
            label=LABEL,
            headers={
                **self._credentials,
                "content-type": "video/mp4",
                "content-disposition": f'attachment; filename="{name}.mp4"',
            },
            body=read(post.video.path),
            length=size,
            again=True,  # a file that was stored twice is seen by nobody
            deadline=UPLOAD_SECONDS,
        )
        made = _understood(answer)
        if not isinstance(made, dict) or not isinstance(made.get("source_url"), str):
            raise Rejected(f"{LABEL} took the video and named no address for it")
        return str(made["source_url"])

    async def _get(self, tools: Tools, path: str, *, missing: bool = False, **query: str) -> Any:
        """Return what a read answers; None for what is *missing*, where that may be."""
        address = f"{self._address(path)}?{urlencode(query, quote_via=quote)}"
        answer = await tools.http.send(
            "GET", address, label=LABEL, headers=self._credentials, again=True, deadline=SECONDS
        )
        return None if missing and answer.status == 404 else _understood(answer)

    async def _put(self, tools: Tools, path: str, content: str) -> Mapping[str, Any]:
        address = self._address(path)
        answer = await post_json(
            tools.http, address, {"content": content}, label=LABEL, headers=self._credentials, again=True
        )
        changed = _understood(answer)
        return changed if isinstance(changed, dict) else {}

    def _address(self, path: str) -> str:
        return f"{self.site}/wp-json/wp/v2/{path}"

    @property
    def _credentials(self) -> Mapping[str, str]:
        return {"authorization": basic(self.user, self.password.get_secret_value())}


def _player(post: Post, address: str) -> str:
    """Return a video block, as the site's own editor writes it. Pure."""
    video = tag("video", controls=True, preload="metadata", playsinline=True, src=address)
    return f"<!-- wp:video -->\n{tag('figure', video, class_='wp-block-video')}\n<!-- /wp:video -->"


def _small(post: Post) -> str:
    """Return who is told from, and that a machine did it. Pure."""
    names = dict.fromkeys(cut(name, TITLE) for story in post.stories for name in story.publishers)
    by = f"{words_in(post.language)[1].told_by(len(names) > 1)}: {', '.join(names)}." if names else ""
    said = " ".join(filter(None, (by, post.disclosure)))
    return f"\n{tag('p', tag('small', said))}" if said else ""


def _marked(markup: str, edition: str) -> str:
    return f"<!-- broadcast:{edition} -->\n{markup}\n<!-- /broadcast:{edition} -->"


def _without(text: str, edition: str) -> str:
    """Return *text* as it was before the video of *edition* was put into it. Pure."""
    mark = re.escape(edition)
    block = rf"<!-- broadcast:{mark} -->.*?<!-- /broadcast:{mark} -->"
    return re.sub(rf"{block}\n|\n{block}|{block}", "", text, flags=re.DOTALL)


def _raw(article: Any) -> str:
    """Return an article as it was written. Raises `Refused` where the user is shown only what readers see."""
    content = article.get("content") if isinstance(article, dict) else None
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str):
        raise Refused(f"{LABEL} shows the article but not how it was written: the user may not edit it")
    return raw


def _web(article: Mapping[str, Any]) -> str | None:
    link = article.get("link")
    return link if isinstance(link, str) and urlsplit(link).scheme in ("http", "https") else None


def _bare(address: str) -> str:
    """Return an address without what two ways to write it differ in."""
    parts = urlsplit(address)
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{unquote(parts.path).rstrip('/')}"


def _id(address: str) -> int | None:
    """Return the id in an address such as https://blog.example.com/?p=12."""
    query = parse_qs(urlsplit(address).query)
    found = next((query[name][0] for name in ("p", "page_id") if query.get(name)), "")
    return int(found) if found.isdecimal() and len(found) < 12 else None


def _understood(answer: Answer) -> Any:
    """Return the JSON of a good answer, or raise what a bad one means."""
    said = fields(answer)
    message = str(said.get("message") or "")
    why = NAMES.get(str(said.get("code"))) or clean(re.sub(r"<[^>]*>", " ", message), 120)
    if answer.status in (401, 403):
        words = f"{LABEL} answered {answer.status}{f': {why}' if why else ''}"
        raise Refused(f"{words}; check WORDPRESS_USER, WORDPRESS_APP_PASSWORD and the user's role")
    if answer.status == 404:
        raise Rejected(f"{LABEL} answered 404{f': {why}' if why else ''}: there is no such thing")
    if error := judge(answer, LABEL, again=True, why=why):
        raise error
    if (found := tree(answer)) is None:
        raise Rejected(f"{LABEL} answered something that is no JSON: is the REST API of the site turned off?")
    return found
