"""A Slack of our own, stricter than the real one: validates, shares files late, remembers what people see.

async with Slack(channels={"C1": "general"}) as slack:    # `with` runs it in a thread
    slack.fault("chat.postMessage", "drop", after_effect=True)
    ... deliver to slack.base with slack.token ...
    assert ["Daily update"] == [one.text for one in slack.shown("C1")]
"""

from .service import Slack
from .workspace import Channel, File, Message

__all__ = ["Channel", "File", "Message", "Slack"]
