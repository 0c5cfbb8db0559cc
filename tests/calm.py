"""The command line, where a bot speaks ten times a second: so slow a machine is none that more is on the wire."""

import sys

from broadcast.cli import main
from broadcast.telegram import line

line.EVENLY = 0.1
sys.exit(main(sys.argv[1:]))
