"""What a run asks: its script beside its sources, to be edited, or its video; and two buttons that answer.

The answer is the command line's own call. An edited script is held to its sources before it is accepted; what they
do not bear is said beside what was written, and nothing of it is lost.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from broadcast import approving, asking
from broadcast.approving import Faulty
from broadcast.errors import Rejected
from broadcast.journal.approvals import DEADLINE, Approval
from broadcast.page.markup import Html, joined, tag
from broadcast.page.preview import quoted
from broadcast.scripting import editing
from broadcast.stages.gates import VERDICTS, may_answer, question_of, told
from broadcast.text import clean
from broadcast.types import Script, Segment, Story, Written

from .house import Asked, House, Missing
from .layout import Page, badge, facts, hidden, run_path, said, section, with_query
from .run import heading, player
from .told import Gate, found, videos
from .visit import when

VIA = "console"
FIELD = re.compile(r"s(\d{1,4})\.(\d{1,4})")
MORE = 1  #: empty lines below a story, for another sentence
Form = dict[str, str]


@dataclass(frozen=True)
class Tried:
    """What somebody wanted to approve, or looked at, and was not accepted as it is."""

    texts: Sequence[Sequence[str]]
    script: Script | None = None  #: as it would be
    findings: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""


def path(gate: Approval | Gate) -> str:
    """Return the address of a gate's page."""
    return run_path(gate.run, "gates", gate.about, gate.edition)


async def page(house: House, asked: Asked) -> Page:
    return await _page(house, asked, None)


async def _page(house: House, asked: Asked, tried: Tried | None) -> Page:
    whole = await found(house, asked.path["run"])
    gate = await _gate(house, asked)
    written = await approving.written(house.station, gate.run, gate.edition)
    shown = next((one for one in videos(whole.items) if one.edition == gate.edition), None)
    show = house.shelf.shows.get(gate.show)
    question = question_of(show, gate, written, None).model_copy(update={"gate": gate.about}) if show else None
    title = asking.heading(question) if question else f"{gate.about} of {gate.run}"
    open_ = gate.verdict is None and not whole.row.closed
    mine = show is not None and may_answer(show, asked.visit.user)
    changed = tried.script if tried and tried.script else gate.script
    main = joined(
        heading(whole, "gate"),
        tag("h2", said(title), _badge(gate, open_)),
        tag("p", said(asking.terms(question), 1000)) if question and open_ else None,
        _answered(gate),
        _problems(tried),
        tag(
            "p",
            f"You are known here as {asked.visit.user}: not among those who may answer.",
            class_="warning",
        )
        if open_ and not mine
        else None,
        section("What would change" if open_ else "What was changed", _changes(written.script, changed))
        if changed
        else None,
        player(gate.run, shown, asked.visit) if gate.about == "video" and shown else None,
        _form(asked, gate, written, tried) if open_ and mine else section("Script", _read(written)),
    )
    data = {
        "run": gate.run, "gate": Gate.of(gate), "title": title, "open": open_, "may_answer": mine,
        "script": written.script, "stories": written.stories, "edited": gate.script,
        "findings": tried.findings if tried else (), "error": tried.problem or None if tried else None,
    }  # fmt: skip
    status = 400 if tried and (tried.findings or tried.problem) else 200
    return Page(title, data, tag("div", main, class_="gate"), "/held", status=status)


async def answer(house: House, asked: Asked, form: Form) -> str | Page:
    """Take what a form says: an answer, which leads to the run, or a question about what was edited."""
    gate = await _gate(house, asked)
    written = await approving.written(house.station, gate.run, gate.edition)
    texts, note = _texts(form, written.script), form.get("note", "")[: approving.NOTE]
    verdict = VERDICTS.get({"approve": "air", "reject": "drop"}.get(form.get("answer", ""), ""))
    tried = Tried(texts, note=note)
    try:
        show = house.show(gate.show)
        script = None
        if gate.about == "script" and form.get("answer") != "reject":
            script = await approving.edit(house.station, show, gate, texts)
        if verdict is None:
            return await _page(house, asked, Tried(texts, script=script, note=note))
        who, words = asked.visit.user, clean(note, approving.NOTE)
        await approving.answer(house.station, show, gate, verdict, who=who, via=VIA, said=words, script=script)
    except Faulty as error:
        return await _page(house, asked, Tried(texts, _as_tried(texts, written), error.findings, note=note))
    except Rejected as error:
        return await _page(house, asked, Tried(tried.texts, problem=str(error), note=note))
    house.wake(gate.show, datetime.fromisoformat(gate.run.rpartition("@")[2]))
    return run_path(gate.run)


async def _gate(house: House, asked: Asked) -> Approval:
    run, key = asked.path["run"], f"{asked.path['about']}/{asked.path['edition']}"
    for gate in await house.station.approvals.of_run(run):
        if gate.gate == key:
            return await house.station.approvals.lapse(gate.token) or gate
    raise Missing(f"{run[:100]} did not ask about that")


# --- pure


def _as_tried(texts: Sequence[Sequence[str]], written: Written) -> Script:
    """Return the script with the words of *texts*, whether or not they hold, to be shown."""
    segments = [
        segment.model_copy(
            update={"sentences": tuple(segment.sentences[0].model_copy(update={"text": line}) for line in lines)}
        )
        for segment, lines in zip(written.script.segments, texts, strict=True)
        if segment.sentences
    ]
    return written.script.model_copy(update={"segments": tuple(segments)})


def _texts(form: Form, script: Script) -> list[list[str]]:
    """Return the sentences of each segment as the form has them; those that it leaves out are as they were."""
    lines: dict[int, dict[int, str]] = {}
    for name, text in form.items():
        if place := FIELD.fullmatch(name):
            lines.setdefault(int(place[1]), {})[int(place[2])] = clean(text, editing.LONGEST)
    found = []
    for number, segment in enumerate(script.segments):
        mine = lines.get(number)
        found.append(
            [one.text for one in segment.sentences]
            if mine is None
            else [mine[at] for at in sorted(mine) if mine[at]]
        )
    return found


def _badge(gate: Approval, open_: bool) -> Html:
    if gate.verdict is None:
        return joined(" ", badge("held", "waits for you" if open_ else "not asked any more"))
    return joined(" ", badge("done" if gate.verdict == "approved" else "failed", gate.verdict))


def _answered(gate: Approval) -> Html | None:
    if gate.verdict is None:
        return None
    by = "nobody in time" if gate.via == DEADLINE else f"{gate.who}, {gate.via}"
    note = said(gate.said, approving.NOTE) if gate.said else None
    return facts([
        ("Answered", when(gate.at)), ("By", said(by)), ("Note", note),
        ("Became", said(told(False, gate))),
    ])  # fmt: skip


def _problems(tried: Tried | None) -> Html | None:
    if tried is None:
        return None
    if tried.problem:
        return tag("p", said(tried.problem, 2000), class_="warning", role="alert")
    if tried.findings:
        lines = (tag("li", said(one, 1000)) for one in tried.findings)
        words = "The sources do not bear this; nothing was answered."
        return tag("div", tag("p", words, class_="strong"), tag("ul", *lines), class_="warning", role="alert")
    words = "The sources bear it: approve it now." if tried.script else "Nothing is changed."
    return tag("p", words, class_="good", role="status")


def _changes(before: Script, after: Script) -> Html:
    names = {" ": "stays", "-": "del", "+": "ins"}
    rows = []
    for kind, text in editing.changes(before, after):
        if kind != " ":
            rows.append(tag("li", tag(names[kind], text, lang=before.language, dir="auto")))
    return tag("ul", *rows, class_="diff") if rows else tag("p", "Nothing.", class_="meta")


def _form(asked: Asked, gate: Approval, written: Written, tried: Tried | None) -> Html:
    texts = tried.texts if tried else [[one.text for one in part.sentences] for part in written.script.segments]
    stories = {story.key: story for story in written.stories}
    notes = [tag("p", said(note, 500), class_="meta") for note in written.script.notes]
    parts: list[Html | None] = []
    if gate.about == "script":
        help = "A sentence that you empty is not said; a story without any is left out."
        notes.append(tag("p", help, class_="meta"))
        parts = [
            _segment(number, segment, stories.get(segment.story), texts[number], written.script.language)
            for number, segment in enumerate(written.script.segments)
        ]
    else:
        parts = [_read(written)]
    check = tag("button", "Check the changes", type="submit", name="answer", value="check", class_="second")
    return tag(
        "form",
        hidden(asked.visit),
        section("Script", *notes, *parts),
        tag(
            "p",
            tag("label", "A note, if you like", for_="note"),
            tag("textarea", tried.note if tried else "", id="note", name="note", rows=2, maxlength=approving.NOTE),
        ),
        tag(
            "p",
            tag("button", "Approve", type="submit", name="answer", value="approve"),
            tag("button", "Reject", type="submit", name="answer", value="reject", class_="grave"),
            check if gate.about == "script" else None,
            class_="deeds",
        ),
        method="post",
        action=with_query(path(gate)),
    )


def _segment(number: int, segment: Segment, story: Story | None, lines: Sequence[str], language: str) -> Html:
    by = (", ".join(story.publishers) or story.source) if story else ""
    name = clean(story.title, 300) if story else {"intro": "Opening", "signoff": "Sign-off"}.get(segment.kind, "")
    return tag(
        "fieldset",
        tag("legend", tag("bdi", name)),
        tag("p", said(by), class_="meta") if by else None,
        *_lines(number, segment, story, lines, language),
        class_="part",
    )


def _lines(
    number: int, segment: Segment, story: Story | None, lines: Sequence[str], language: str
) -> Iterator[Html]:
    """Yield a field for each sentence, beside the words that prove it."""
    quotes = {one.text: one.quotes for one in segment.sentences}
    for at, line in enumerate((*lines, *[""] * (MORE if story else 0))):
        name = f"s{number}.{at}"
        label = f"Sentence {at + 1}" if line else "Another sentence"
        known = quotes.get(line, segment.sentences[at].quotes if at < len(segment.sentences) else ())
        same = tag("span", " word for word", class_="meta") if list(known) == [line] else None
        proof = joined(quoted(known), same)
        field_ = tag(
            "textarea", line, id=name, name=name, rows=max(2, len(line) // 32 + 1), maxlength=editing.LONGEST,
            lang=language, dir="auto",
        )  # fmt: skip
        yield tag(
            "div",
            tag("div", tag("label", label, for_=name, class_="meta"), field_),
            tag("div", proof) if known else None,
            class_="line",
        )


def _read(written: Written) -> Html:
    language = written.script.language
    lines = (tag("p", text, lang=language, dir="auto") for text in asking.paragraphs(written.script))
    return tag("div", *lines, class_="read")
