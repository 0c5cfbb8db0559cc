"""The console: pages on which an operator sees everything, and what can be done by hand.

`furnish` adds it to the daemon's own pages, `serve` has it stand alone, over a database that others fill.
"""

from .serving import furnishing, serve

__all__ = ["furnishing", "serve"]
