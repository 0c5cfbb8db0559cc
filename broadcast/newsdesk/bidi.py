"""Which way text runs: the Unicode bidirectional algorithm (UAX #9) for one line. Pure.

Explicit embeddings and isolates are left out on purpose: their control characters never get this far.
"""

import unicodedata
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

NUMBERS = ("EN", "AN")
NEUTRAL = ("B", "S", "WS", "ON")


def base_level(text: str) -> int:
    """Return 1 where the first strong character of *text* runs right to left, else 0 (rules P2 and P3)."""
    for character in text:
        match unicodedata.bidirectional(character):
            case "L":
                return 0
            case "R" | "AL":
                return 1
    return 0


def levels(text: str, base: int) -> list[int]:
    """Return the embedding level of every character of *text*: even runs left to right, odd right to left."""
    sides = [unicodedata.bidirectional(character) or "L" for character in text]
    outside = "R" if base else "L"
    _weak(sides, outside)
    _brackets(text, sides, outside)
    _neutral(sides, outside)
    found = [2 if side in NUMBERS else 1 if side == "R" else 2 * base for side in sides]
    end = len(text)
    while end and text[end - 1].isspace():  # L1: trailing space stands at the end of the line
        end -= 1
        found[end] = base
    return found


def reordered(runs: Sequence[Item], run_levels: Sequence[int]) -> list[Item]:
    """Return *runs*, which are in reading order, in the order from left to right (rule L2)."""
    order = list(range(len(runs)))
    for level in range(max(run_levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and run_levels[order[end]] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = end + 1
    return [runs[index] for index in order]


def _weak(sides: list[str], outside: str) -> None:
    """Resolve marks, numbers and what stands between numbers (rules W1 to W7)."""
    strong = previous = outside
    for index, side in enumerate(sides):
        if side == "NSM":
            sides[index] = side = previous
        previous = side
        if side in ("L", "R", "AL"):
            strong = side
        elif side == "EN" and strong == "AL":
            sides[index] = "AN"
    for index, side in enumerate(sides):
        if side == "AL":
            sides[index] = "R"
        elif side in ("ES", "CS") and 0 < index < len(sides) - 1:
            before, after = sides[index - 1], sides[index + 1]
            if before == after and (before == "EN" or (before == "AN" and side == "CS")):
                sides[index] = before
    index = 0
    while index < len(sides):
        end = index
        while end < len(sides) and sides[end] == "ET":
            end += 1
        if end > index:
            beside = "EN" in (sides[index - 1] if index else "", sides[end] if end < len(sides) else "")
            sides[index:end] = ["EN" if beside else "ON"] * (end - index)
        index = end + 1
    strong = outside
    for index, side in enumerate(sides):
        if side in ("L", "R"):
            strong = side
        elif side == "EN" and strong == "L":
            sides[index] = "L"
        elif side in ("ES", "CS", "ET", "BN"):
            sides[index] = "ON"


def _direction(side: str) -> str:
    """Numbers count as right to left where neutrals are resolved."""
    return "R" if side in NUMBERS else side if side in ("L", "R") else ""


def _brackets(text: str, sides: list[str], outside: str) -> None:
    """Give both brackets of a pair one direction, so that "(1)" never opens towards the wrong side (rule N0)."""
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for index, character in enumerate(text):
        if sides[index] != "ON":
            continue
        if character in "([{":
            opened.append((")]}"["([{".index(character)], index))
        elif character in ")]}":
            for depth in range(len(opened) - 1, -1, -1):
                if opened[depth][0] == character:
                    pairs.append((opened[depth][1], index))
                    del opened[depth:]
                    break
    for start, end in sorted(pairs):
        inside = {_direction(side) for side in sides[start + 1 : end]} - {""}
        if not inside:
            continue
        side = outside
        if outside not in inside:
            before = next((_direction(each) for each in sides[start - 1 :: -1] if _direction(each)), outside)
            side = before if start and before != outside else outside
        sides[start] = sides[end] = side


def _neutral(sides: list[str], outside: str) -> None:
    """Give spaces and punctuation the direction of both neighbours where they agree, else the line's (N1, N2)."""
    index = 0
    while index < len(sides):
        end = index
        while end < len(sides) and sides[end] in NEUTRAL:
            end += 1
        if end > index:
            before = _direction(sides[index - 1]) if index else outside
            after = _direction(sides[end]) if end < len(sides) else outside
            sides[index:end] = [before if before == after else outside] * (end - index)
        index = end + 1
