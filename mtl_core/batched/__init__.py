"""Many small runs as one computation; the runs are the same as one by one."""
