"""Names of cells in A1 style. No imports: the children that open foreign files start with it."""


def column_letters(number: int) -> str:
    """Return the spreadsheet letters of a 1-based column number: 1 is A, 28 is AB."""
    letters = ""
    while number:
        number, remainder = divmod(number - 1, 26)
        letters = chr(65 + remainder) + letters
    return letters


def cell_name(row: int | None, col: int | None) -> str:
    """Return the A1 name of a cell; '' where either part is unknown."""
    return f"{column_letters(col)}{row}" if row and col else ""
