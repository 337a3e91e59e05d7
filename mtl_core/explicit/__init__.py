"""Gradients of dense networks by their formulas, without a tape: what small models spend half of their time on."""
