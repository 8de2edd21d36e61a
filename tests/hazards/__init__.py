"""Workbooks as they go wrong in offices, each with its true values or the refusal that it must meet.

The truth is written by hand beside each workbook and shares nothing with `include/`.
"""
