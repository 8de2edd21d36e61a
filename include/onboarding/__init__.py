"""What a source is tried with before it counts: its connection, its first rows, and drafts of new ones.

Nothing here writes to the warehouse.
"""
