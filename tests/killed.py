"""Run the command line, and die by SIGKILL at one commit of the journal: `killed.py WHICH before|after ARGS…`.

WHICH is a number, or a pattern. Numbered are the commits that wrote something, from 1: what was only read leaves
nothing behind, and a lease that is renewed says how slow the machine is. With a pattern it dies at the first commit
of a statement that it is found in, with its values. A run that ends by itself says how many commits it had.
"""

import os
import re
import signal
import sys
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from broadcast.cli import main

which, when = sys.argv[1], sys.argv[2]
WRITES = ("CREATE ", "INSERT ", "UPDATE ", "DELETE ")
LEASE = "INSERT INTO worker "
commits, wrote, found, alive = 0, False, False, False


@event.listens_for(Engine, "before_cursor_execute")
def look(connection: Connection, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
    global wrote, found, alive
    wrote |= statement.startswith(WRITES) and not (alive and statement.startswith(LEASE))
    alive |= statement.startswith(LEASE)
    found |= not which.isdigit() and re.search(which, f"{statement} {values}", re.DOTALL) is not None


@event.listens_for(Engine, "commit")
def die(connection: Connection) -> None:
    global commits, wrote
    commits += wrote
    if found or (wrote and str(commits) == which):
        if when == "after":
            connection.exec_driver_sql("COMMIT")
        os.kill(os.getpid(), signal.SIGKILL)
    wrote = False


@event.listens_for(Engine, "rollback")
def undo(connection: Connection) -> None:
    global wrote, found
    wrote = found = False


code = main(sys.argv[3:])
print(commits, file=sys.stderr)
sys.exit(code)
