"""The run store: the only code that touches the database and the artifact files."""
