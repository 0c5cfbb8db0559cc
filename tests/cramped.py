"""Run the command line where no file may grow beyond so many bytes: `cramped.py BYTES ARGS…`."""

import resource
import sys

from broadcast.cli import main

size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.exit(main(sys.argv[2:]))
