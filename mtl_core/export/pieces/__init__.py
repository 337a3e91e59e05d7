"""Pieces of which a stand-alone script is put together.

They are taken as text, function by function (:mod:`mtl_core.export.assembling`), and import nothing but one another.
Each does what its counterpart in the engine does, operation by operation and in the same order, so that a script gives
the run's numbers; the tests hold scripts against runs.
"""
