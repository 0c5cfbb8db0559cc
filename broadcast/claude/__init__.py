"""Claude: what is asked, how an answer is read, what it costs, and the edge to the service."""
