"""Run the command line, and die by SIGKILL at one commit of the journal: `killed.py NUMBER before|after ARGS…`."""

import os
import signal
import sys

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from broadcast.cli import main

number, when = int(sys.argv[1]), sys.argv[2]
commits = 0


@event.listens_for(Engine, "commit")
def die(connection: Connection) -> None:
    global commits
    commits += 1
    if commits == number:
        if when == "after":
            connection.exec_driver_sql("COMMIT")
        os.kill(os.getpid(), signal.SIGKILL)


code = main(sys.argv[3:])
print(commits, file=sys.stderr)
sys.exit(code)
