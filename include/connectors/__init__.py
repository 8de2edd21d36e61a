"""What departments deliver, read as reported: one module or package per kind of source."""
