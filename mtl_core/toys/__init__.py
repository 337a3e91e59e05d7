"""Toys: problems of two losses in closed form on which methods can be watched; torch only where a walk begins."""
