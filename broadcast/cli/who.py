"""Who sits at the command line, for the audit log."""

import getpass
import os

VIA = "command line"


def who() -> str:
    """Return the login name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"
