"""Findings: what a person should know of their data before training, each with what it means and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SHOWN = 5
"""Places, classes or values that a finding names one by one."""

TEMPLATES: Mapping[str, tuple[Severity, str, str]] = {
    # --- of reading
    "encoding": ("note", "Read as {encoding}, because it is no UTF-8", "If letters look wrong, save it as UTF-8"),
    "decimal_comma": ("note", "Read with a decimal comma, e.g. {example}", "Right if that is meant"),
    "bad_rows": (
        "warning",
        "{count} rows with the wrong number of fields were left out, by line (fields): {places}",
        "Mend them in the file",
    ),
    "empty_rows": ("note", "{count} rows without any value were left out", ""),
    "renamed_empty": ("warning", "A column has no name; it is called {new!r}", "Name it"),
    "renamed_twice": (
        "warning",
        "The name {old!r} stands there twice; the later column is called {new!r}",
        "Rename it",
    ),
    "renamed_long": ("warning", "The name has more than {most} letters; it was cut", "Shorten it"),
    "no_header": (
        "warning",
        "The first line is taken for names, and all of them are numbers",
        "If the file has no names, put a line with names on top",
    ),
    "unread_column": (
        "warning",
        "Holds {what}, which cannot be read; it was left out",
        "Save it as numbers or texts",
    ),
    "similar_names": ("note", "Almost the same name as {other!r}", "See that they are not one column twice"),
    # --- of typing
    "not_numbers": (
        "warning",
        "{count} of {of} values are no numbers and count as missing, by line: {places}",
        "Mend them, or take the column as categorical",
    ),
    "date": ("note", "Holds dates or times, which no network reads", "Make numbers of them, or take it as categorical"),
    "missing_number": ("note", "{count} of {of} values are missing ({share})", "The mean stands in"),
    "missing_marked": (
        "note",
        "{count} of {of} values are missing ({share})",
        "The mean stands in, and a column says where",
    ),
    "missing_category": ("note", "{count} of {of} values are missing ({share})", "They count as other"),
    "missing_text": ("note", "{count} of {of} texts are missing ({share})", "They are empty"),
    "missing_target": (
        "note",
        "{count} of {of} values are missing ({share})",
        "The task learns from the rows that have it",
    ),
    "much_missing": ("warning", "{count} of {of} values are missing ({share})", "Consider to ignore the column"),
    "empty": ("note", "Has no value at all", "Ignore it"),
    "constant": ("warning", "Has one value only, {value!r}: it tells nothing", "Ignore it"),
    "id_like": (
        "warning",
        "Looks like a number or name of the row itself: a network learns it by heart",
        "Ignore it",
    ),
    "constant_left_out": ("note", "Has one value only, {value!r}: it is left out", ""),
    "id_like_left_out": (
        "note",
        "Looks like a number or name of the row itself: it is left out",
        "Take it as an input if it measures something",
    ),
    "rare_categories": (
        "note",
        "{count} of its {of} values are in fewer than {fewest} rows, or not among the {most} most frequent",
        "They share a column; or join rare values in the file",
    ),
    "long_texts": (
        "note",
        "{count} texts have more than {most} words; the rest is cut off",
        "Shorten them if the end matters",
    ),
    # --- of the rows and the targets
    "few_rows": ("error", "Only {count} rows have a target", "At least {fewest} are needed"),
    "few_labels": ("error", "Only {count} rows have this target", "At least {fewest} are needed"),
    "rare_classes": (
        "warning",
        "Classes with fewer than {fewest} rows: {classes}",
        "Collect more, join them, or set class_weights: balanced",
    ),
    "uneven_classes": (
        "note",
        "{share} of the rows have the class {value!r}: guessing it is right as often",
        "Look at F1, and consider class_weights: balanced",
    ),
    "duplicates": (
        "warning",
        "{count} rows repeat the inputs of an earlier row: a random split puts copies on both sides",
        "Set dataset.options.group_duplicates: true to keep copies together",
    ),
    "contradictions": (
        "note",
        "{count} rows share their inputs with a row that has another target",
        "No network can tell them apart: see whether an input is lacking",
    ),
    "leakage": (
        "warning",
        "Alone almost gives away the target {target!r} ({how})",
        "If it is known only after the target, ignore it",
    ),
    "same_targets": ("note", "Almost follows from the target {target!r} ({how})", "The two tasks teach the same"),
    "twin": ("note", "Has in every row what {other!r} has", "Ignore one of the two"),
    # --- of pictures
    "stretched": (
        "note",
        "{count} pictures are not square: they are stretched to a square",
        "Crop them if that matters",
    ),
    "enlarged": (
        "note",
        "The smallest picture is {size}: it is enlarged to {side}",
        "Use larger ones if you have them",
    ),
    "mask_255": ("note", "The masks hold only 0 and 255: 255 is taken as the class 1", "Right if that is meant"),
    "mask_shape": (
        "warning",
        "{count} masks have another shape than their picture",
        "See that each mask belongs to its picture and was not cropped or turned",
    ),
    "no_background": (
        "note",
        "No pixel is 0: the class {value!r} counts as the background, which the mean IoU leaves out",
        "Save the background as 0 if there is one",
    ),
}
"""By code: how serious, what it is, what to do. Values are in no language, so that the page can say it in another."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: which of :data:`TEMPLATES`.
        column: the column that it is about; empty for the whole.
        values: what the words name: counts, places, other columns.
    """

    code: str
    column: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """``error``: cannot be added so; ``warning``: likely to mislead; ``note``: good to know."""
        return TEMPLATES[self.code][0]

    @property
    def what(self) -> str:
        """What it is, in words."""
        return TEMPLATES[self.code][1].format_map(self.values)

    @property
    def advice(self) -> str:
        """What to do about it."""
        return TEMPLATES[self.code][2].format_map(self.values)

    def __str__(self) -> str:
        place = f"{self.column!r}: " if self.column else ""
        advice = f" {self.advice}." if self.advice else ""
        return f"{place}{self.what}.{advice}"

    def public(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {"severity": self.severity, **asdict(self), "what": self.what, "advice": self.advice}


def finding(code: str, column: str = "", **values: Any) -> Finding:
    """A finding; its words are tried at once, so that a value that they lack shows here."""
    made = Finding(code, column, values)
    str(made)
    return made


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then warnings, then notes; otherwise in their order."""
    order: Sequence[Severity] = ("error", "warning", "note")
    return sorted(findings, key=lambda found: order.index(found.severity))


def named(items: Sequence[str], of: int | None = None) -> str:
    """The first few, and how many more there are; in no language."""
    total = len(items) if of is None else of
    more = f" … (+{total - SHOWN})" if total > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def percent(part: int, whole: int) -> str:
    """A share in words: ``12.5 %``."""
    return f"{100 * part / max(whole, 1):.1f} %"
