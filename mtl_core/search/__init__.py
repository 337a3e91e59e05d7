"""Searching the fields of a spec with Optuna; each trial is a run like any other."""
