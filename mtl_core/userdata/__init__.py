"""A person's own data: read, typed, reported on, kept; nothing in it is ever executed or unpickled.

``inspection.inspect`` looks at a file or folder, ``adding.examine`` says what training on it would meet,
``adding.add`` keeps it, ``catalogue`` knows what is kept. The data set ``own`` trains on it.
"""
