"""How a run takes its steps: in reduced precision, compiled, or as a CUDA graph, where that is measured to pay."""
