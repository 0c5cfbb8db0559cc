"""The folder of the shows: which there are, and one of them."""

import re

from broadcast.errors import ConfigError
from broadcast.settings import Settings
from broadcast.show import Show

from . import yamlfile
from .builder import build
from .mistakes import meant

SUFFIXES = (".yaml", ".yml")
SHOW = r"[^\W_][\w.-]{0,63}"  #: the name of a show: it ends up in paths and keys


def shows(settings: Settings) -> list[str]:
    """Return the names of the shows, in order."""
    folder = settings.broadcast_config_dir
    if not folder.is_dir():
        raise ConfigError("there is no such folder; `broadcast new NAME` makes a first show", where=str(folder))
    files = (path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    return sorted({path.stem for path in files if re.fullmatch(SHOW, path.stem)})


def load(name: str, settings: Settings) -> Show:
    """Return the show *name*. Raises `ConfigError`."""
    paths = [settings.broadcast_config_dir / f"{name}{suffix}" for suffix in SUFFIXES if re.fullmatch(SHOW, name)]
    there = [path for path in paths if path.is_file()]
    if len(there) > 1:
        both = " and ".join(path.name for path in there)
        raise ConfigError(f"{both} are two shows of one name: rename one", where=str(settings.broadcast_config_dir))
    if there:
        return build(name, yamlfile.read(there[0], settings.variables), settings)
    known = shows(settings)
    others = f"there is {', '.join(known)}" if known else "`broadcast new NAME` makes a first one"
    raise ConfigError(
        f"there is no show {name!r}; {meant(name, known) or others}", where=str(settings.broadcast_config_dir)
    )
