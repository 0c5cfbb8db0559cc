"""How a person answers what a run asks, wherever they do: on the command line, on a page, by a link."""

from collections.abc import Sequence

from .errors import ConfigError, Rejected
from .journal.approvals import Approval, Verdict
from .scripting import editing
from .show import Show
from .stages.gates import may_answer, terms, told
from .station import Station
from .types import Script, Video, Written

NOTE = 1_000  #: characters of what is said with an answer


class Faulty(ConfigError):
    """The script as somebody edited it does not hold. *findings* say where."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = tuple(findings)


async def asked(station: Station, run: str, *, about: str = "", edition: str = "") -> Approval:
    """Return the one gate of *run* that waits for an answer, of an edition, or *about* script or video."""
    gates = await station.approvals.of_run(run)
    fit = [gate for gate in gates if about in ("", gate.about) and edition in ("", gate.edition)]
    waiting = [gate for gate in fit if (await station.approvals.lapse(gate.token) or gate).verdict is None]
    if len(waiting) == 1:
        return waiting[0]
    if waiting:
        there = ", ".join(f"--edition {gate.edition} --{gate.about}" for gate in waiting)
        raise ConfigError(f"{run} asks about more than one: say which, {there}")
    if await station.runs.find(run) is None:
        raise ConfigError(f"there is no run {run!r}; `broadcast runs` lists them")
    for gate in fit:
        if (now := await station.approvals.of_token(gate.token)) and now.verdict:
            raise ConfigError(told(False, now))
    raise ConfigError(f"{run} asks for no answer" + (" of that kind" if gates else ""))


async def written(station: Station, run: str, edition: str) -> Written:
    """Return the script that *run* asks about."""
    found = await station.runs.find(run)
    for item in found[1] if found else ():
        if item.key == f"write/{edition}" and item.done and item.result:
            return Written.model_validate_json(item.result)
    raise ConfigError(f"{run} has no script of the edition {edition!r} yet")


async def video(station: Station, run: str, edition: str) -> Video | None:
    """Return the video that *run* asks about, if it was rendered."""
    found = await station.runs.find(run)
    for item in found[1] if found else ():
        if item.key == f"video/{edition}" and item.done and item.result:
            return Video.model_validate_json(item.result)
    return None


async def edit(station: Station, show: Show, gate: Approval, texts: Sequence[Sequence[str]]) -> Script | None:
    """Return the script with the sentences that *texts* has for each segment; None where nothing is changed.

    Raises `Faulty` where the sources do not bear it.
    """
    if gate.about != "script":
        raise ConfigError("the video is rendered already: approve or reject it")
    # Of a show with rows each is an edition, made as its only one says.
    edition = next((one for one in show.editions if one.name == gate.edition or show.rows), None)
    if edition is None:
        raise ConfigError(f"{show.name} has no edition {gate.edition!r} any more")
    slot = gate.run.rpartition("@")[2]
    judged = terms(show, edition, await written(station, gate.run, gate.edition), slot)
    try:
        script = editing.edited(texts, judged)
    except ValueError as error:
        raise Faulty([str(error)]) from None
    if script.segments == judged.written.script.segments:
        return None
    if found := editing.findings(script, judged):
        raise Faulty([str(one) for one in found])
    return script


async def answer(
    station: Station,
    show: Show,
    gate: Approval,
    verdict: Verdict,
    *,
    who: str,
    via: str,
    said: str = "",
    script: Script | None = None,
) -> Approval:
    """Answer *gate*. Raises `ConfigError` where *who* may not, `Rejected` where somebody was first."""
    if not may_answer(show, who):
        by = ", ".join(show.approval.by) if show.approval else ""
        raise ConfigError(f"{who} is not among those who may answer: {by}")
    counts, found = await station.approvals.answer(
        gate.token, verdict, who=who, via=via, said=said[:NOTE], script=script
    )
    if not counts or found is None:
        raise Rejected(told(counts, found))
    return found
