"""What a request says of itself. Pure."""

import re
from base64 import b64encode
from collections.abc import Mapping
from importlib.metadata import version

import httpx

from broadcast.errors import Refused

#: What may follow a redirect to another origin. Anything else may be a credential.
HARMLESS = frozenset(("accept", "accept-language", "if-modified-since", "if-none-match", "user-agent"))
#: What every request says.
OURS = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": f"broadcast/{version('broadcast')}"}
NAME, VALUE = re.compile(r"[!#$%&'*+.^_`|~\w-]+", re.ASCII), re.compile(r"[\t\x20-\x7e]*")  #: of a header of ours


def fit(headers: Mapping[str, str], label: str) -> dict[str, str]:
    """Return *headers* with names in lower case. Raises `Refused`, without repeating what may be a secret."""
    for name, value in headers.items():
        if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise Refused(f"{label} got a key or header with characters that none can have; copy it again")
    return {name.lower(): value for name, value in headers.items()}


def complete(at: httpx.URL, given: Mapping[str, str]) -> dict[str, str]:
    """Return all that a request to *at* says."""
    said = {**OURS, **given}
    if at.username or at.password:
        said["authorization"] = f"Basic {b64encode(f'{at.username}:{at.password}'.encode()).decode()}"
    return said
