"""A branch of the checkout's own repository: one commit without a parent, so that the branch does not grow."""

import re
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import IO

from broadcast.errors import ConfigError, Refused, Rejected, StageError, Unavailable
from broadcast.settings import child_environment

from .shelf import Copy

SECONDS = 120.0  #: for one call of git; a push of 50 MB takes less than that
FILE = "broadcast.db"
#: A copy lives until the next one: it is not worth the time to make it as small as can be.
QUICK = ("-c", "core.compression=1", "-c", "pack.window=0")
#: What finds git its credentials and its way, and nothing of ours.
PASSED = re.compile(r"GIT_\w+|SSH_\w+|SSL_CERT_\w+|(?i:https?_proxy|no_proxy|all_proxy)")
WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "broadcast"), ("EMAIL", "broadcast@localhost"))}  # fmt: skip
#: What git says in its own words, and what it means. Its words may hold an address with a token: they are not told.
SIGNS = (
    (r"could not read Username|Authentication failed|Permission denied \(publickey", Refused,
     "origin does not know our credentials"),
    (r"403|denied to|not allowed to push|protected branch|GH006|GH013", Refused,
     "we may not write to it: on GitHub grant `contents: write`, and leave the branch unprotected"),
    (r"stale info|cannot lock ref|fetch first|non-fast-forward|incorrect old value", Rejected, "it has moved"),
    (r"exceeds GitHub's file size limit|GH001", Refused, "the journal is too large for it"),
)  # fmt: skip


class Branch:
    """The branch *name* of `origin`. Git's plumbing writes the objects: no file of the checkout is touched."""

    def __init__(self, name: str) -> None:
        self.where = f"git branch {name}"
        self._ref = f"refs/heads/{name}"
        try:
            self._git("check-ref-format", self._ref)
            self._git("remote", "get-url", "origin")
        except StageError:
            raise ConfigError(
                f"{self.where} must be a branch of `origin`, and the working directory a git checkout that has it",
                where="BROADCAST_STATE",
            ) from None

    def look(self) -> Copy | None:
        said = self._git("ls-remote", "--refs", "origin", self._ref).split()
        return Copy(said[0], said[0]) if said else None

    def bring(self, copy: Copy, into: Path) -> None:
        self._git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin", self._ref)
        with into.open("wb") as file:
            self._call("cat-file", "blob", f"{copy.name}:{FILE}", stdout=file)

    def name(self, file: Path) -> str:
        blob = self._git("hash-object", "-w", "--no-filters", "--", str(file.absolute()))
        tree = self._git("mktree", given=f"100644 blob {blob}\t{FILE}\n")
        return self._git("commit-tree", tree, "-m", f"The journal of broadcast, copy {uuid.uuid4().hex}")

    def put(self, file: Path, name: str, over: Copy | None) -> Copy:
        lease = f"--force-with-lease={self._ref}:{over.tag if over else ''}"
        self._git("push", "--quiet", "--no-verify", lease, "origin", f"{name}:{self._ref}")
        return Copy(name, name)

    def _git(self, *arguments: str, given: str = "") -> str:
        with tempfile.TemporaryFile() as out:
            self._call(*arguments, stdout=out, given=given)
            out.seek(0)
            return out.read().decode(errors="replace").strip()

    def _call(self, *arguments: str, stdout: IO[bytes], given: str = "") -> None:
        environment = {**child_environment(PASSED), **WHO, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        what = f"git {arguments[0]}"
        try:
            done = subprocess.run(  # noqa: S603
                ("git", *QUICK, *arguments),  # noqa: S607  # wherever PATH has it
                env=environment,
                input=given.encode(),
                stdout=stdout,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise Refused("git is not installed") from None
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{what} did not end within {SECONDS:.0f} s") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            for sign, error, words in SIGNS:
                if re.search(sign, said):
                    raise error(f"{what}: {words}")
            raise Unavailable(f"{what} failed with exit code {done.returncode}")
