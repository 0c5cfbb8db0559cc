"""Run `killed.py` with its arguments, where Slack's messages are looked for in no time. WHICH 0 kills nobody."""

import runpy
import sys
from pathlib import Path

from broadcast.slack import files, rooms

files.LOOKS = rooms.LOOKS = (0.0, 0.1)
sys.argv = sys.argv[1:]
sys.argv.insert(0, str(Path(__file__).with_name("killed.py")))
runpy.run_path(sys.argv[0], run_name="__main__")
