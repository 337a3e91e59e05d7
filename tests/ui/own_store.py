"""Own data for the tests of the pages: added, uploaded, looked at in one person's browser or another's."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.userdata.adding import add
from tests.ui.small_store import APP, OWNER, SECONDS
from tests.userdata.makers import flats, looked_at, table, uses
from ui.own_upload import UPLOAD
from ui.owner import SESSION_KEY

CSV = table(flats(), ";")
CHOICES = uses(rent="regression", quiet="binary")


def opened_by(owner: str, page: str = "", **parameters: str) -> AppTest:
    """The app in this person's browser."""
    app = AppTest.from_file(APP, default_timeout=SECONDS)
    app.session_state[SESSION_KEY] = owner
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page(f"pages/{page}.py").run() if page else app


def uploaded(content: bytes = CSV, file: str = "flats_2024.csv", **parameters: str) -> AppTest:
    """The page of data after a file was chosen."""
    app = opened_by(OWNER, "data", **parameters)
    return app.file_uploader(key="own_file_0").set_value((file, content, "text/csv")).run()


def added(name: str = "Flats", owner: str = OWNER, *, shared: bool = False) -> str:
    """A data set of this owner."""
    return add(looked_at(flats()), CHOICES, name, owner, shared=shared)


def run_on(store: Store, data: str, owner: str = OWNER) -> str:
    """A run that waits, on an own data set."""
    return store.create(parse_spec({"dataset": {"name": "own", "options": {"data": data}}}), owner)


def edits(app: AppTest, rows: dict[int, dict[str, object]]) -> AppTest:
    """The page after cells of the table of columns were changed."""
    key = app.session_state[UPLOAD].editor
    app.session_state[key] = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    return app.run()


def form_data(app: AppTest) -> str:
    """The data set that the form shows."""
    return str(app.selectbox(key="form:dataset.name").value)
