"""What the channel `telegram` stands on: the words of a post, the way to the Bot API, what its answers mean."""

#: Under this name the row of a delivery keeps whether its message is on the wire.
ASKED = "asked"
