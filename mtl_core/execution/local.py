"""ensure_runner: the runner of this machine's store, started where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mtl_core.errors import MTLError
from mtl_core.execution import processes
from mtl_core.execution.code_version import code_version
from mtl_core.runs.transitions import Process
from mtl_core.settings import home_dir

INFO, LOCK, HEARTBEAT, MACHINE, LOGS = "runner.json", "runner.lock", "runner.heartbeat", "machine.json", "logs"
START_SECONDS = 30.0
LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class RunnerInfo:
    """The runner of a home, as ``runner.json`` has it.

    Attributes:
        pid, created: its process.
        version: fingerprint of the code that it runs.
        code_time: when the newest file of that code was changed, seconds since 1970.
        workers: runs that it trains at a time.
        device: what ``device: auto`` means in its workers, empty until the first one is warm.
        why: the reason for that, in words.
    """

    pid: int
    created: float
    version: str
    code_time: float
    workers: int
    device: str = ""
    why: str = ""

    @property
    def process(self) -> Process:
        """Its process id and creation time."""
        return self.pid, self.created


def ensure_runner(home: Path | None = None) -> RunnerInfo:
    """The living runner of this home, started now if there is none or if the code on the disk is newer.

    Cheap when it runs (~1 ms), safe to be called by many processes at once. Each call counts as a sign that
    somebody is there; without one, an idle runner ends after a quarter of an hour.

    Raises:
        MTLError: if no runner could be started; the message says where its log is.
    """
    home = home or home_dir()
    _touch(home)
    info = _usable(home)
    if info is not None:
        return info
    try:
        with FileLock(home / LOCK, timeout=START_SECONDS):
            return _usable(home) or _start(home)
    except Timeout as error:
        raise MTLError(f"another program has been starting the runner of {home} for {START_SECONDS:.0f} s") from error


def runner_info(home: Path | None = None) -> RunnerInfo | None:
    """The living runner of this home, or None; starts nothing."""
    home = home or home_dir()
    found = _read(home / INFO)
    if found is None:
        return None
    machine = _read(home / MACHINE) or {}
    known = {field.name for field in fields(RunnerInfo)}
    try:
        info = RunnerInfo(**{key: value for key, value in (found | machine).items() if key in known})
    except TypeError:
        return None  # written by another version, with other fields
    return info if processes.alive(info.process) else None


def write_info(home: Path, info: RunnerInfo) -> None:
    """Name a runner as the one of this home; one that was named before takes no new run and ends."""
    _write(home / INFO, {key: value for key, value in asdict(info).items() if key not in ("device", "why")})


def write_machine(home: Path, device: str, why: str) -> None:
    """Note what ``auto`` means on this machine."""
    _write(home / MACHINE, {"device": device, "why": why})


def withdraw(home: Path) -> None:
    """Name no runner any more."""
    (home / INFO).unlink(missing_ok=True)


def is_named(home: Path, process: Process) -> bool:
    """Whether ``runner.json`` names this process."""
    found = _read(home / INFO) or {}
    return (found.get("pid"), found.get("created")) == process


def seconds_since_sign_of_life(home: Path) -> float:
    """How long ago somebody last called :func:`ensure_runner`."""
    try:
        return time.time() - (home / HEARTBEAT).stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _usable(home: Path) -> RunnerInfo | None:
    info = runner_info(home)
    if info is None:
        return None
    version, changed = code_version()
    # only newer code replaces a runner: two checkouts on one home must not replace each other's for ever
    return info if info.version == version or info.code_time > changed else None


def _start(home: Path) -> RunnerInfo:
    earlier = runner_info(home)
    log = home / LOGS / "runner.log"
    rotate(log)
    child = processes.spawn_detached(processes.command_line("runner"), processes.environment(home), log)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        info = runner_info(home)
        if info is not None and (earlier is None or info.process != earlier.process):
            return info
        _check(child, log)
        time.sleep(0.01)
    raise MTLError(f"the runner did not start within {START_SECONDS:.0f} s; its log is {log}")


def rotate(log: Path) -> None:
    """Begin a new log where the old one has more than five megabytes; one old one is kept."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        try:
            os.replace(log, log.with_suffix(".1.log"))
        except PermissionError:
            return  # on Windows, while a process still writes to it: the next start does it


def _check(child: subprocess.Popen[bytes], log: Path) -> None:
    if child.poll() is not None:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise MTLError(f"the runner ended with code {child.returncode}: {' '.join(last)} (its log is {log})")


def _touch(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / HEARTBEAT).touch()
    except OSError as error:
        raise MTLError(f"the folder {home} cannot be used ({error}); set MTL_HOME to one that can") from error


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, values: dict[str, Any]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.aside")
    aside.write_text(json.dumps(values), encoding="utf-8")
    os.replace(aside, path)
