"""What the channel `telegram` stands on: the words of a post, the way to the Bot API, what its answers mean."""
