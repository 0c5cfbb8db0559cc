"""Stories that a program of the operator's own prints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import Field, SecretStr

from broadcast.errors import Rejected, Unavailable
from broadcast.material import programs, records
from broadcast.plugins import Plugin, Tools
from broadcast.types import Story

SIZE = 2_000_000  #: bytes


class Command(Plugin):
    """Stories that a program prints: one JSON object with `title` and `text` in each line. No shell is involved."""

    run: tuple[str, ...] = Field(min_length=1, description="the program and its arguments, each on its own")
    env: Mapping[str, SecretStr] = Field(
        {}, description="what it may know of the environment, besides PATH and HOME: name what it needs"
    )
    folder: Path | None = Field(None, description="where it is run; default: where broadcast is")
    seconds: float = Field(20.0, ge=1, le=25, description="how long it may take")
    limit: int = Field(50, ge=1, le=500, description="how many of its newest stories are looked at")
    publisher: str = Field("", description="who says so, where a story does not tell")
    tags: tuple[str, ...] = Field((), description="given to every story, besides its own")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return what the program prints. It finds *since* in BROADCAST_SINCE."""
        label = f"the program {self.run[0].rpartition('/')[2]!r}"
        secrets = {name: value.get_secret_value() for name, value in self.env.items()}
        env = {**tools.env, "BROADCAST_SINCE": since.isoformat(), **secrets}
        try:
            output = await programs.run(
                self.run, label=label, env=env, deadline=self.seconds, limit=SIZE, cwd=self.folder
            )
            found = records.lines(output.decode("utf-8", "replace"))
        except Rejected as error:
            words = str(error)  # what a program complains of may hold what it was told
            for secret in filter(None, secrets.values()):
                words = words.replace(secret, "***")
            raise Rejected(f"{words}{hint(words)}" if words.startswith(label) else f"{label}: {words}") from None
        except Unavailable as error:
            raise Unavailable(f"{error}; raise `seconds`, or have it do less") from None
        return records.stories(
            found,
            tools.clock.now(),
            tools.note,
            label=label,
            limit=self.limit,
            publisher=self.publisher,
            tags=self.tags,
        )


def hint(words: str) -> str:
    """Return what to do about a program of which *words* say what went wrong, as the end of a sentence."""
    if "cannot be started" in words:
        return "; check `run`, which is no line of a shell"
    return "; print fewer stories" if "said more" in words else "; run it by hand to see more"
