"""Each endpoint of HeyGen that a run asks x whatever goes wrong there: nothing is paid twice, and nothing is lost.

The table says what becomes of a run: what its calls come to, one after the other, where something goes wrong once,
and where it lasts for two calls. `python benchmarks/heygen_matrix.py` prints all cases; the tests have, of those
that look alike, one for each endpoint, by turns.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest
from mishaps import (
    AGENT,
    ASSETS,
    BEGIN,
    CAPTIONED,
    COMPLETE,
    CORRECT,
    DUB,
    DUBBED,
    ELSEWHERE,
    FILM,
    GENERATE,
    GIF,
    IMPATIENT,
    LANGUAGES,
    LIST,
    LOOK,
    ME,
    POSTER,
    PROOF,
    READ,
    READING,
    RENDER,
    SERVER,
    SESSION,
    SOUND,
    SPEECH,
    SRT,
    STATUSES,
    STORE,
    SUBTITLE,
    VIDEO,
    VIDEOS,
    WAYS,
    WIRE,
    Case,
    Outcome,
    by_turns,
    cases,
    directly,
    ground,
    impatience,
)  # fmt: skip

from broadcast.testing.heygen.routes import FILES, ROUTES

#: What an endpoint is to the run.
ROLES: Mapping[str, tuple[str, ...]] = {
    "asked before money is spent": (ME, LOOK, LANGUAGES),
    "pays, and knows no key": (AGENT,),
    "pays, and knows its key": (VIDEOS, PROOF, DUB),
    "brings what is needed": (ASSETS, BEGIN, STORE, COMPLETE),
    "tells how far it is": (SESSION, VIDEO, READ, SRT, CORRECT, GENERATE, DUBBED),
    "tells of several": (STATUSES,),
    "tells whether it was asked for": (LIST,),
    "is the video": (FILM, CAPTIONED),
    "is what was said": (SUBTITLE, READING),
    "can be done without": (POSTER, GIF, SPEECH, SOUND),
    "the render itself": (RENDER,),
}

AIRED, FAILED, WAITING, HELD = ("aired",) * 2, ("failed aired",) * 2, ("waiting aired",) * 2, ("held aired",) * 2
THEN_FAILED, THEN_WAITING, THEN_HELD = (("aired", f"{end} aired") for end in ("failed", "waiting", "held"))
LOST = ("failed",) * 2  #: for good

#: What goes wrong, as far as a run can tell.
SILENT = (*WIRE, *SERVER)  #: there is no answer, or none that can be read
REFUSED = (400, 401, 402, 403, 404, 413)
GONE = ("truncated", "expired", 401, 403, 404, 429)  #: of a file: it is not there in full
OTHER = ("html", "empty", "garbage")  #: of a file: something else is there

#: What the calls of a run come to: where it goes wrong once, and where it lasts. What is not here airs at once.
TABLE: Mapping[str, Mapping[str | int, tuple[str, str]]] = {
    "asked before money is spent": {
        **dict.fromkeys(SILENT, THEN_FAILED), **dict.fromkeys(REFUSED, FAILED), 409: THEN_FAILED, 429: THEN_WAITING,
    },
    "pays, and knows no key": {
        **dict.fromkeys(SILENT, HELD), **dict.fromkeys(REFUSED, FAILED), 409: THEN_FAILED, 429: THEN_WAITING,
        "null-ids": HELD,
    },
    "pays, and knows its key": {
        **dict.fromkeys(SILENT, THEN_HELD), **dict.fromkeys(REFUSED, FAILED), 409: THEN_FAILED, 429: THEN_WAITING,
    },
    "brings what is needed": {
        **dict.fromkeys(SILENT, THEN_FAILED), **dict.fromkeys(REFUSED, FAILED), 409: THEN_FAILED, 429: THEN_WAITING,
        "null-ids": THEN_FAILED,
    },
    "tells how far it is": {
        **dict.fromkeys((*SILENT, 400, 404, 409, 413, 429, "unknown-status"), THEN_WAITING),
        **dict.fromkeys((401, 402, 403), WAITING),
    },
    "tells of several": {429: THEN_WAITING},
    "tells whether it was asked for": {},
    "is the video": {
        **dict.fromkeys((*SILENT, *GONE), THEN_WAITING), **dict.fromkeys((*OTHER, "cut"), ("aired", "failed")),
    },
    "is what was said": {
        **dict.fromkeys((*SILENT, *GONE, *OTHER), THEN_WAITING),
        "cut": LOST,  # half of what was said is not what was to be said
    },
    "can be done without": {},
    "the render itself": {
        **dict.fromkeys(("fails", "fails-early", "fails-silently", "wrong-duration", "no-subtitles"), LOST),
        **dict.fromkeys(("adds-sentence", "changes-digit", "drops-sentence", "drops-story", "reorders"), LOST),
        **dict.fromkeys(("stuck", "no-url"), ("waiting failed",) * 2), "late-url": WAITING,
    },
}  # fmt: skip

#: Where it is otherwise.
EXCEPTIONS: Mapping[tuple[str, str, str | int], tuple[str, str]] = {
    ("illustrated agent", ASSETS, "*"): AIRED,  # without the picture
    ("videos", VIDEOS, "null-ids"): HELD,  # it was taken, and nobody knows by which id
    ("dub", GENERATE, "null-ids"): HELD,
    ("dub", GENERATE, "unknown-status"): AIRED,  # the id is what counts
    ("agent", SESSION, "null-ids"): THEN_WAITING,  # there may be no video yet
    ("agent", SESSION, "unknown-status"): AIRED,  # it names its video all the same
    ("dub", READING, "cut"): HELD,  # a person should look at it
    # The storage is no part of the API: it knows of no crowds, and what it says when all went well is not read.
    ("large picture", STORE, 409): FAILED,
    ("large picture", STORE, 429): THEN_FAILED,
    ("large picture", STORE, "null-ids"): AIRED,
    ("large picture", COMPLETE, "null-ids"): AIRED,
    # The submit was lost before: it is held until it is known whether it was taken.
    ("lost", LIST, "*"): HELD,
    ("lost", SESSION, 404): ("held aired", "held waiting aired"),
    ("lost", SESSION, "null-ids"): ("held aired", "held waiting aired"),
    ("lost", SESSION, "*"): HELD,
}


def expected(case: Case) -> str:
    """Return what the calls of a run come to, one after the other, by the table."""
    if case.where == STORE and case.after and case.what in ("garbage", "truncated", "blank", "error-in-200"):
        return "aired"  # it was stored
    role = next(role for role, endpoints in ROLES.items() if case.where in endpoints)
    for what in (case.what, "*"):
        if ends := EXCEPTIONS.get((case.way, case.where, what)):
            return ends[case.lasts]
    return TABLE[role].get(case.what, AIRED)[case.lasts]


def told(found: Sequence[Outcome]) -> str:
    """Return how many cases there were, and what they came to."""
    ends = Counter(one.end for one in found)
    return f"{len(found)} cases: " + ", ".join(f"{count} {end}" for end, count in ends.most_common())


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
async def test_whatever_goes_wrong_it_is_paid_once_and_ends_as_the_table_says(tmp_path: Path, way: str) -> None:
    some = [case for case in by_turns() if case.way == way and case.what != "hang"]
    with directly() if way == "large picture" else nullcontext():
        async with ground(tmp_path, way) as one:
            found = [await one.suffer(case) for case in some]

    print(f"{way}: {told(found)}")
    assert [] == [f"{one.case}: {one.wrong}" for one in found if one.wrong]
    assert {str(one.case): expected(one.case) for one in found} == {str(one.case): one.end for one in found}


@pytest.mark.long
async def test_where_no_answer_comes_nothing_is_waited_for_forever_and_it_airs(tmp_path: Path) -> None:
    async def suffered(way: str) -> list[Outcome]:
        (folder := tmp_path / way).mkdir()
        async with ground(folder, way, seconds=IMPATIENT) as one:
            return [await one.suffer(case) for case in by_turns() if (case.way, case.what) == (way, "hang")]

    large = "large picture"
    with impatience():
        sides = await asyncio.gather(*(suffered(way) for way in WAYS if way != large))
        with directly():
            found = [one for some in (*sides, await suffered(large)) for one in some]

    print(f"without an answer: {told(found)}")
    assert [] == [f"{one.case}: {one.wrong}" for one in found if one.wrong]
    # On a busy machine another answer may be late, too: how it came to air is another matter.
    assert {"aired"} == {one.ends[-1] for one in found}


def test_every_endpoint_that_a_run_asks_is_in_the_matrix_and_has_a_role() -> None:
    asked = {where for wheres in WAYS.values() for where in wheres}

    assert {*ROUTES, *FILES, RENDER} == asked | set(ELSEWHERE)
    assert set() == asked & set(ELSEWHERE)
    assert asked == {where for wheres in ROLES.values() for where in wheres}
    assert set(ROLES) == set(TABLE)


def test_by_turns_everything_that_can_go_wrong_does() -> None:
    def wrong(some: list[Case]) -> set[tuple[str | int, bool]]:
        return {(case.what, case.after) for case in some}

    every = [case for way in WAYS for case in cases(way)]
    some = list(by_turns())

    assert wrong(every) == wrong(some)
    assert {(case.way, case.where) for case in every} == {(case.way, case.where) for case in some}
    assert {True, False} == {case.lasts for case in some}
