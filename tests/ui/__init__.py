"""Tests of the web side, without a browser."""
