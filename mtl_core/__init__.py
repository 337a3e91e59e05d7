"""The engine of MTL Lab: a spec goes in, a stream of events comes out.

Importing this package, its spec or its registries never imports torch: the page
and the command line's quick calls rely on that. Torch is imported where a model
is built, a batch is trained or weights are stored.
"""

__version__ = "0.1.0"
