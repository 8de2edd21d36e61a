"""What the words of one finding are made of."""

Words = tuple[str, str]
"""The same in Chinese and English."""
Message = tuple[Words, Words, Words]
"""Title, what was expected, and how to mend it; the latter two may be empty."""
