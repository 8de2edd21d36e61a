"""The marking child: makes the marked copy of one foreign file under limits.

Started like the reading child, as `python -I child.py PROJECT REQUEST`. It leaves beside the request
`marked.xlsx` and `answer.json` (`{"kind", "marks"}`, or `{"failed": reason}` where no copy could be made).
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Read the request, answer it, exit 0."""
    project, request_file = sys.argv[1], Path(sys.argv[2])
    sys.path.insert(0, project)
    request = json.loads(request_file.read_text("utf-8"))

    from include.connectors.workbook.child import set_limits  # noqa: PLC0415

    set_limits(request["limits"])
    from include.marking.making import make  # noqa: PLC0415 - only now: the limits hold

    try:
        answer = make(request, request_file.parent)
    # A panic of the reader's Rust code is a BaseException that is no Exception.
    except BaseException as error:  # noqa: BLE001
        answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
    (request_file.parent / "answer.json").write_text(json.dumps(answer), "utf-8")


if __name__ == "__main__":
    main()
