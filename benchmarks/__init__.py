"""Every speed claim as a paired ratio: both ways in turn, several rounds, medians."""
