"""Play with a finished run: what its tasks say of inputs that a person gives, live."""
