"""The workbook connector: .xlsx, .xlsm, .xlsb, .xls, .ods and text files, read as reported.

`fetch` is its whole face to the stages; `read_workbook` shows a file without any configuration.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.connectors.workbook.layouts import fetch
    from include.connectors.workbook.sandbox import read_workbook

__all__ = ["fetch", "read_workbook"]


def __getattr__(name: str) -> Any:
    """Import on first use: the reading child imports this package too and must start without pandas."""
    if name == "fetch":
        from include.connectors.workbook.layouts import fetch  # noqa: PLC0415

        return fetch
    if name == "read_workbook":
        from include.connectors.workbook.sandbox import read_workbook  # noqa: PLC0415

        return read_workbook
    raise AttributeError(name)
