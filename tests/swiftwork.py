"""The command line, where a worker that is gone is thought so within seconds."""

import sys

from broadcast.cli import main
from broadcast.journal import store
from broadcast.queue import jobs

store.AWAY_SECONDS, jobs.CONNECT_SECONDS = 3.0, 2.0
jobs.HEARTBEAT_SECONDS, jobs.STALLED_SECONDS = 0.5, 3.0
jobs.UPKEEP_CRON = "* * * * * *"
sys.exit(main(sys.argv[1:]))
