"""Benchmarks: figures to look at, never tests that fail on a slow day."""
