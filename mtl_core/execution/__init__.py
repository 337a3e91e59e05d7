"""Who runs a run: a runner process with warm workers, and the command line's own process."""
