"""Run the command line, and die by SIGKILL at one commit of the journal: `killed.py NUMBER before|after ARGS…`.

With the name of a table in place of NUMBER it dies at the first commit that holds a new row of that table.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from broadcast.cli import main

which, when = sys.argv[1], sys.argv[2]
commits, written = 0, False


@event.listens_for(Engine, "before_cursor_execute")
def look(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
    global written
    written |= statement.startswith(f"INSERT INTO {which} ")


@event.listens_for(Engine, "commit")
def die(connection: Connection) -> None:
    global commits
    commits += 1
    if str(commits) == which or written:
        if when == "after":
            connection.exec_driver_sql("COMMIT")
        os.kill(os.getpid(), signal.SIGKILL)


code = main(sys.argv[3:])
print(commits, file=sys.stderr)
sys.exit(code)
