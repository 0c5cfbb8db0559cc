"""The nouns: what flows through a broadcast. Frozen, and nothing but data.

stories, scripts, videos, posts    in the order in which one becomes the other
approval, reports                  what people are asked, and what a run came to
shows, nouns                       what a show is given, and what every noun is
"""

from .approval import Decision, Put, Question
from .nouns import LONGEST, Duration, Noun, Orientation, Outcome, Status, duration
from .posts import Destination, Post, Receipt, Sent
from .reports import Cost, CostItem, EditionReport, Limit, Report, ScriptReport, ToldStory
from .scripts import Brief, Draft, Exchange, Overlay, Script, Segment, Sentence, Written
from .shows import Brand, Budget
from .stories import Chosen, Drawn, Fetched, Figure, Gathered, Past, Point, SourceReport, Story, Told, Why, Window
from .videos import Dub, Job, Order, Published, Rendered, Speech, Video

__all__ = [
    "LONGEST", "Brand", "Brief", "Budget", "Chosen", "Cost", "CostItem", "Decision", "Destination", "Draft",
    "Drawn", "Dub", "Duration", "EditionReport", "Exchange", "Fetched", "Figure", "Gathered", "Job", "Limit",
    "Noun", "Order", "Orientation", "Outcome", "Overlay", "Past", "Point", "Post", "Published", "Put",
    "Question", "Receipt", "Rendered", "Report", "Script", "ScriptReport", "Segment", "Sent", "Sentence",
    "SourceReport", "Speech", "Status", "Story", "Told", "ToldStory", "Video", "Why", "Window", "Written",
    "duration",
]  # fmt: skip
