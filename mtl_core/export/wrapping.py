"""Long lines of source, broken at their brackets."""

from __future__ import annotations

from mtl_core.export.naming import WIDTH

OPENING, CLOSING = "([{", ")]}"


def wrapped(text: str) -> str:
    """The source with every line that is too long broken, an entry a line, where a bracket allows it."""
    return "\n".join(broken for line in text.split("\n") for broken in _broken(line))


def _broken(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    found = _last_bracket(line)
    if found is None:
        return [line]
    start, end = found
    indent = line[: len(line) - len(line.lstrip())]
    entries = _entries(line[start + 1 : end])
    within = ", ".join(entries)
    alone = len(entries) == 1 or " for " in within
    if alone and len(indent) + 4 + len(within) <= WIDTH:
        inner = [f"{indent}    {within}"]
    elif alone and len(entries) == 1:
        inner = _broken(f"{indent}    {within}")
    else:
        inner = [part for entry in entries for part in _broken(f"{indent}    {entry},")]
    return [line[: start + 1], *inner, f"{indent}{line[end:]}"]


def _last_bracket(line: str) -> tuple[int, int] | None:
    """Where the outermost bracket opens and closes that ends nearest to the line's end; texts are passed over."""
    open_: list[int] = []
    found = None
    for place, letter in _code(line):
        if letter in OPENING:
            open_.append(place)
        elif letter in CLOSING and open_:
            start = open_.pop()
            if not open_ and place - start > 1:
                found = start, place
    return found


def _entries(text: str) -> list[str]:
    """What stands between the commas that are in no inner bracket or text."""
    depth, cuts = 0, [-1]
    for place, letter in _code(text):
        depth += (letter in OPENING) - (letter in CLOSING)
        if letter == "," and depth == 0:
            cuts.append(place)
    parts = [text[a + 1 : b].strip() for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return [part for part in parts if part]


def _code(line: str) -> list[tuple[int, str]]:
    """The letters of a line, with their places, that are in no text."""
    found, quote, place = [], "", 0
    while place < len(line):
        letter = line[place]
        if quote:
            if letter == "\\":
                place += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        else:
            found.append((place, letter))
        place += 1
    return found
