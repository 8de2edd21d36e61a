"""Example configurations, and the generators of the example company's workbooks and systems."""
