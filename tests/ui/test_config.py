"""Every option of .streamlit/config.toml exists in the installed Streamlit, the hidden one too."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit import config

from mtl_core.userdata.limits import PAGE

CONFIG = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def options(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from options(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@pytest.mark.parametrize("name", [name for name, _ in options(CONFIG)])
def test_option_exists(name: str) -> None:
    known = config.get_config_options(force_reparse=False)
    assert name in known, f"{name} is gone from Streamlit: .streamlit/config.toml must be brought up to date"


def test_collection_after_each_fragment_is_off() -> None:
    assert CONFIG["runner"]["postScriptGC"] is False


def test_only_this_machine_is_served() -> None:
    assert (CONFIG["server"]["address"], CONFIG["server"]["port"]) == ("127.0.0.1", 8501)
    assert CONFIG["server"]["enableXsrfProtection"] is True
    assert CONFIG["server"]["enableCORS"] is True


def test_what_can_be_uploaded_can_be_read() -> None:
    assert CONFIG["server"]["maxUploadSize"] * 2**20 == PAGE.file


def test_both_themes_set_the_same_options() -> None:
    assert set(CONFIG["theme"]["light"]) == set(CONFIG["theme"]["dark"])
    assert "Noto Sans SC" in CONFIG["theme"]["font"]
