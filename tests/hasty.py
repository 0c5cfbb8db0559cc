"""Run `killed.py` with its arguments, where who is gone is thought so in a second. WHICH 0 kills nobody."""

import runpy
import sys
from datetime import timedelta
from pathlib import Path

from broadcast.journal.lease import Worker

Worker.__init__.__defaults__ = (timedelta(seconds=1),)  # type: ignore[misc]
sys.argv = sys.argv[1:]
sys.argv.insert(0, str(Path(__file__).with_name("killed.py")))
runpy.run_path(sys.argv[0], run_name="__main__")
