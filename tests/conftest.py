"""What all tests share: a home of their own, one thread, and the book of measurements."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import install_opener

import pytest

from tests.measurements import Measurements, report
from tests.processes import end_processes_of

PROJECT = Path(__file__).resolve().parent.parent
BOOK = pytest.StashKey[Measurements]()
SKIPPED = pytest.StashKey[list[str]]()
HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--acceptance",
        action="store_true",
        help="fail where a test is skipped, and write what was measured to docs/acceptance.md",
    )


def pytest_configure(config: pytest.Config) -> None:
    """No test touches the user's store; torch is told of one thread before anything imports it."""
    home = tempfile.TemporaryDirectory(prefix="mtl-tests-", ignore_cleanup_errors=True)
    os.environ["MTL_HOME"] = home.name
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    config.stash[HOME] = home
    config.stash[BOOK] = Measurements()
    config.stash[SKIPPED] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under xdist the tests of one file stay together, and those that drive a browser never run beside one another."""
    for item in items:
        together = "browser" if item.get_closest_marker("browser") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(together))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what tests started in the common home, then remove it."""
    home = config.stash[HOME]
    end_processes_of(Path(home.name))
    home.cleanup()


@pytest.fixture(autouse=True)
def no_proxy_of_another_test() -> None:
    """urllib keeps the proxies that stand in the environment at its first call, for good; some tests set a dead one."""
    install_opener(None)  # type: ignore[arg-type]  # None is how it begins


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None] | pytest.TestReport:
    made: pytest.TestReport = yield  # type: ignore[assignment,misc]
    if made.skipped and not hasattr(made, "wasxfail"):
        item.config.stash[SKIPPED].append(item.nodeid)
    return made


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With ``--acceptance``: write the measurements, and fail where a test was skipped."""
    if not session.config.getoption("--acceptance"):
        return
    session.config.stash[BOOK].write(PROJECT / "docs" / "acceptance.md", outcome=_outcome(session))
    if session.config.stash[SKIPPED] and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _outcome(session: pytest.Session) -> str:
    """How many tests of this call passed, failed, were skipped."""
    skipped = len(session.config.stash[SKIPPED])
    passed = session.testscollected - session.testsfailed - skipped
    return f"{passed} tests passed, {session.testsfailed} failed, {skipped} skipped"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in report(config.stash[BOOK]):
        terminalreporter.write_line(line)
    if config.getoption("--acceptance") and config.stash[SKIPPED]:
        terminalreporter.section("skipped, so not accepted")
        for nodeid in config.stash[SKIPPED]:
            terminalreporter.write_line(nodeid)


@pytest.fixture
def record_measurement(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """``record_measurement(what, measured, wanted)``: a row of docs/acceptance.md; it asserts nothing itself."""
    return request.config.stash[BOOK].add


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An MTL_HOME of this test's own; the processes that were started in it end with the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MTL_HOME", str(folder))
    yield folder
    end_processes_of(folder)
