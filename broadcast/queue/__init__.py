"""Runs as jobs of Procrastinate, on the PostgreSQL of the journal: for when one machine is not enough.

A job says no more than "call `run(show, slot)`"; what was done is in the journal, so a job may be lost, doubled or
taken up by another machine, and nothing is done twice. Only `serve --queue`, `worker` and `migrate` import it.
"""

from broadcast.errors import ConfigError
from broadcast.journal.databases import WHERE, is_postgresql

__all__ = ["demand"]


def demand(url: str) -> None:
    """Raise `ConfigError` where there can be no queue at *url*."""
    if not is_postgresql(url):
        raise ConfigError(
            "a queue needs a PostgreSQL that all machines share: postgresql://user:password@host/name; "
            "without one, `broadcast serve` airs every show by itself",
            where=WHERE,
        )
    if not installed():
        raise ConfigError("a queue needs one more package: pip install 'broadcast[worker]'")


def installed() -> bool:
    """Return whether Procrastinate is there."""
    try:
        import procrastinate  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True
