"""The example company: Yuanshan Home Group, 远山家居集团.

It is invented: three companies, twelve units, 24 months, six sources. `generate` makes its figures afresh
from a fixed seed, without reading the clock and without importing anything from `include/`, so that the
control totals are an independent second opinion.
"""
