"""Whose data these are: what this browser may see of the data sets that people added."""

from __future__ import annotations

from typing import Any, Protocol

from mtl_core.errors import Problem, SpecError
from mtl_core.runs.records import RunRecord
from mtl_core.userdata import catalogue
from ui.own_paths import data_of
from ui.owner import owner_token
from ui.words import t

CLI = "cli"


def usable(data: str) -> bool:
    """Whether this browser may look at a data set and train on it: it is its own or shared, and not deleted."""
    return catalogue.usable(data, owner_token())


class Owned(Protocol):
    """A run, or a group of runs."""

    @property
    def owner(self) -> str: ...

    @property
    def spec(self) -> Any: ...


def hidden(runs: Owned) -> bool:
    """Whether a run or group is somebody else's, on data that this browser may not see: its views would show them."""
    data = data_of(runs.spec)
    return bool(data) and runs.owner not in (owner_token(), CLI) and not usable(data)


def check(spec: Any) -> None:
    """Let nobody start a run on data that they may not see.

    Raises:
        SpecError: if the spec names somebody else's data set that is not shared, or one that is deleted.
    """
    data = data_of(spec)
    if data and not usable(data):
        raise SpecError([Problem("dataset.options.data", t("own.private"), data)])


def check_again(run: RunRecord) -> None:
    """As :func:`check`, for a run that shall go on; one of the command line may, on the data of who sits there.

    Raises:
        SpecError: as :func:`check`.
    """
    if run.owner != CLI:
        check(run.spec)
