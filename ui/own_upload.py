"""An upload on its way to a data set: its content, what was found in it, and what the person chose; kept until used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath

import streamlit as st

from mtl_core.errors import DataError, SpecError
from mtl_core.userdata import adding, catalogue
from mtl_core.userdata.adding import Report
from mtl_core.userdata.inspection import Inspection, inspect
from ui import own_uses
from ui.own_uses import Uses
from ui.owner import owner_token
from ui.plain_text import plain
from ui.words import t

UPLOAD = "own_upload"
ADDED = "own_added"
LONGEST_TITLE = 60


@dataclass
class Upload:
    """A file that was uploaded in this session.

    Attributes:
        file: its name.
        content: its bytes.
        encoding, delimiter: how it is read; None to find out.
        leave_out: whether rows with too many or too few fields are left out.
        title: what the data set shall be called.
        inspection: what is in it; None before it was read, and where it cannot be.
        trouble: why it cannot be read.
        uses: what each column is used for.
        edition: of the table of columns; another number makes it anew.
        refused: why it could not be added.
    """

    file: str
    content: bytes
    encoding: str | None = None
    delimiter: str | None = None
    leave_out: bool = False
    title: str = ""
    inspection: Inspection | None = None
    trouble: str = ""
    uses: Uses = field(default_factory=dict)
    edition: int = 0
    refused: str = ""
    checked: tuple[Uses, Report | None, list[str]] | None = None

    @property
    def editor(self) -> str:
        """Key of the table of columns."""
        return f"own_columns_{self.edition}"

    @property
    def names(self) -> list[str]:
        """Its columns."""
        return [report.name for report in self.inspection.columns] if self.inspection else []


def current() -> Upload | None:
    """The upload of this session."""
    found: Upload | None = st.session_state.get(UPLOAD)
    return found


def receive(file: str, content: bytes) -> None:
    """Begin with a file; nothing is read yet."""
    st.session_state[UPLOAD] = Upload(file, content, title=free_title(PurePath(file).stem))
    st.session_state.pop(ADDED, None)


def forget() -> None:
    """Callback: without this file."""
    st.session_state.pop(UPLOAD, None)


def read_again(upload: Upload) -> None:
    """After another way of reading was chosen; columns that stay keep what was chosen for them."""
    upload.inspection, upload.trouble, upload.refused = None, "", ""
    upload.edition += 1


def read(upload: Upload) -> None:
    """Look into the file, once."""
    if upload.inspection is not None or upload.trouble:
        return
    options = {"encoding": upload.encoding, "delimiter": upload.delimiter, "leave_out_bad_rows": upload.leave_out}
    try:
        with st.spinner(t("own.reading")):
            upload.inspection = inspect(upload.content, upload.file, **options)  # type: ignore[arg-type]
    except DataError as error:
        upload.trouble = str(error)
        return
    upload.uses = own_uses.suggested(upload.inspection, upload.uses)
    upload.checked = None


def report(upload: Upload) -> tuple[Report | None, list[str]]:
    """What training on the chosen columns would meet, and what keeps it from being one; made anew after an edit."""
    if upload.checked is None or upload.checked[0] != upload.uses:
        with st.spinner(t("own.checking")):
            upload.checked = (dict(upload.uses), *_report(upload))
    return upload.checked[1:]


def _report(upload: Upload) -> tuple[Report | None, list[str]]:
    assert upload.inspection is not None
    roles = Counter(use.role for use in upload.uses.values())
    wrong = [t(f"own.no_{role}") for role in ("target", "input") if not roles[role]]
    wrong += [
        t("own.impossible", column=plain(name), type=t(f"own.type_{use.type}"), role=t(f"own.role_{use.role}"))
        for name, use in upload.uses.items()
        if name in own_uses.impossible(upload.uses)
    ]
    if wrong:
        return None, wrong
    try:
        return adding.examine(upload.inspection, own_uses.choices(upload.uses)), []
    except SpecError as error:
        return None, [_told(problem.field, problem.rule) for problem in error.problems]
    except DataError as error:
        return None, [plain(str(error))]


def _told(where: str, rule: str) -> str:
    """A problem with the column that it is about: ``columns.<name>.kind``."""
    name = where.removeprefix("columns.").rsplit(".", 1)[0] if where.startswith("columns.") else ""
    return f"**{plain(name)}**: {plain(rule)}" if name else plain(rule)


def add(upload: Upload) -> str | None:
    """Keep it as a data set; its id, or None where it was refused, and ``upload.refused`` says why."""
    assert upload.inspection is not None
    try:
        made = adding.add(upload.inspection, own_uses.choices(upload.uses), upload.title, owner_token())
    except SpecError as error:
        upload.refused = " ".join(f"{problem.rule}." for problem in error.problems)
        return None
    except DataError as error:
        upload.refused = str(error)
        return None
    forget()
    st.session_state[ADDED] = made
    return made


def free_title(wanted: str) -> str:
    """A name that no data set of this owner has yet."""
    taken = {entry.name for entry in catalogue.listing(owner_token()) if entry.mine}
    wanted = " ".join(wanted.replace("_", " ").split())[:LONGEST_TITLE] or "data"
    return next(name for name in (wanted, *(f"{wanted} {n}" for n in range(2, 200))) if name not in taken)
