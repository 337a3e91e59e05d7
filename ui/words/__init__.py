"""Every word of the page, in two catalogues: ``en.toml`` and ``zh.toml``.

A key is ``section.name``; ``{placeholders}`` are filled by :func:`t`. The language is the
URL's ``lang``, else what the session chose, else the browser's, else English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui import link

LANGUAGES: dict[str, str] = {"en": "English", "zh": "中文"}
"""Language codes and what each language calls itself."""

DEFAULT_LANGUAGE = "en"
SESSION_KEY = "mtl_language"
_KNOWN: ContextVar[str | None] = ContextVar("language", default=None)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(code: str) -> Mapping[str, str]:
    """All words of one language by dotted key.

    Raises:
        ValueError: if a section holds anything but texts, or the language is unknown.
    """
    if code not in LANGUAGES:
        raise ValueError(f"unknown language {code!r}; known: {', '.join(LANGUAGES)}")
    raw = tomllib.loads((Path(__file__).parent / f"{code}.toml").read_text(encoding="utf-8"))
    return MappingProxyType(dict(_flatten(raw, "", code)))


def language() -> str:
    """The language of this session, ``en`` or ``zh``."""
    if (known := _KNOWN.get()) is not None:
        return known
    if get_script_run_ctx(suppress_warning=True) is None:
        return DEFAULT_LANGUAGE
    wanted = st.session_state.get(SESSION_KEY)  # which app.py takes from the link before all else
    if wanted not in LANGUAGES and link.names("lang"):
        wanted = link.get("lang")
    if wanted in LANGUAGES:
        return str(wanted)
    return "zh" if str(st.context.locale or "").lower().startswith("zh") else DEFAULT_LANGUAGE


@contextmanager
def one_language() -> Iterator[None]:
    """Look up the session's language once for all words in this block: that takes longer than the words do."""
    token = _KNOWN.set(language())
    try:
        yield
    finally:
        _KNOWN.reset(token)


def set_language(code: str) -> None:
    """Choose the language of this session and write it into the URL.

    Raises:
        ValueError: for a language without a catalogue.
    """
    if code not in LANGUAGES:
        raise ValueError(f"unknown language {code!r}; known: {', '.join(LANGUAGES)}")
    st.session_state[SESSION_KEY] = code
    link.put("lang", code)


def t(key: str, **values: Any) -> str:
    """The words under ``key`` in the session's language, with ``values`` for its placeholders.

    Raises:
        KeyError: if no catalogue has the key.
    """
    return _filled(catalogue(language()), key, values)


def t_or(key: str, fallback: str, **values: Any) -> str:
    """As :func:`t`, with ``fallback`` where the key is made of a name that a newcomer may have added.

    For names of registries (a new data set needs no words to be usable); never for fixed keys.
    """
    words = catalogue(language())
    return _filled(words, key, values) if key in words else fallback


def _filled(words: Mapping[str, str], key: str, values: Mapping[str, Any]) -> str:
    if key not in words:
        raise KeyError(f"no words for {key!r}; add them to ui/words/en.toml and ui/words/zh.toml")
    return words[key].format(**values) if values else words[key]


def _flatten(raw: Mapping[str, Any], prefix: str, code: str) -> list[tuple[str, str]]:
    """Nested TOML tables as dotted keys."""
    flat: list[tuple[str, str]] = []
    for name, value in raw.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat += _flatten(value, f"{key}.", code)
        elif isinstance(value, str):
            flat.append((key, value))
        else:
            raise ValueError(f"{code}.toml: {key} must be a text, got {value!r}")
    return flat
