"""Renderers that are parts of another one."""

from typing import Literal

from .renderers.heygen import HeyGen
from .renderers.newsdesk import Newsdesk


class Clip(HeyGen):
    """An avatar of HeyGen's that speaks the script as written."""

    use: Literal["heygen"] = "heygen"
    via: Literal["videos"] = "videos"


class Report(Newsdesk):
    """The newsdesk, which somebody else speaks for."""

    use: Literal["newsdesk"] = "newsdesk"
