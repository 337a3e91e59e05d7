"""The rules of a spec in the language of the page; a rule without a template stays as the engine wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ui.words import t

TEMPLATES: Mapping[str, re.Pattern[str]] = {
    key: re.compile(pattern)
    for key, pattern in {
        "at_least": r"must be greater than or equal to (?P<limit>\S+)",
        "above": r"must be greater than (?P<limit>\S+)",
        "at_most": r"must be less than or equal to (?P<limit>\S+)",
        "below": r"must be less than (?P<limit>\S+)",
        "multiple": r"must be a multiple of (?P<step>\S+)",
        "finite": r"must be a finite number",
        "whole": r"must be a valid integer(?:, .*)?",
        "number": r"must be a valid number(?:, .*)?",
        "flag": r"must be a valid boolean(?:, .*)?",
        "text": r"must be text",
        "list": r"must be a list",
        "mapping": r"must be a mapping of fields",
        "choice": r"must be (?P<choices>'[^']*'(?:(?:, | or )'[^']*')*)",
        "full_or_rows": r"must be 'full' or at most the (?P<rows>\d+) training rows of (?P<dataset>\S+)",
        "unknown_field": r"unknown field",
        "unknown_name": r"unknown name; known: (?P<known>.*)",
        "unknown_task": r"unknown task of (?P<dataset>\S+); known: (?P<known>.*)",
        "unknown_input": r"unknown input of (?P<dataset>\S+); known: (?P<known>.*)",
        "no_such_task": r"no such task in this run; its tasks are (?P<known>.*)",
        "missing": r"must be given",
        "once_task": r"each task can be chosen once",
        "once_input": r"each input can be chosen once",
        "needs_input": r"needs the input '(?P<name>[^']*)', which dataset\.modalities leaves out",
        "least_tasks": r"needs at least (?P<least>\d+) tasks to weigh; with one task use fixed",
        "least_columns": r"needs at least (?P<least>\d+) tasks; with one task use separate",
        "needs_maps": r"attends to the maps of convolutions, so it needs an image among the inputs",
        "needs_layers": r"(?P<architecture>\S+) mixes what hidden layers give, so it needs at least one",
        "nothing_shared": (
            r"weighs the gradients on what tasks share, and (?P<architecture>\S+) shares nothing; "
            r"choose a weighting of losses, or an architecture that shares"
        ),
        "one_batch": r"needs one batch that all tasks see, and these tasks have samples of their own",
        "losses_once": r"needs losses that see the network once; a GAN's discriminator judges several batches",
        "whole_between": r"must be a whole number from (?P<low>\S+) to (?P<high>\S+)",
    }.items()
}
"""What the engine says, by the key of its words in section ``rules``; the named groups fill the words."""
ALTERNATIVES = re.compile(r", or (?=must )")


def rule_text(rule: str) -> str:
    """A rule in words of the page's language, all its alternatives included."""
    return t("rules.alternatives").join(_one(part) for part in ALTERNATIVES.split(rule))


def _one(rule: str) -> str:
    for key, pattern in TEMPLATES.items():
        found = pattern.fullmatch(rule)
        if found:
            values = found.groupdict()
            if "choices" in values:
                values["choices"] = values["choices"].replace(" or ", t("rules.last_choice"))
            return t(f"rules.{key}", **values)
    return rule
