"""Writes the tables of the README and of docs/errors.md anew, which tests compare: `make tables`."""

from __future__ import annotations

import re

from halfday.doctor.errors_page import SECTIONS, markdown
from readme.test_readme import README, ROOT, TABLE, operations_table

_CAUSES = re.compile(
    rf"^### {re.escape(SECTIONS['1'])}\n.*?^### Known only with evidence[^|]*(?:^\|[^\n]*\n)*", re.DOTALL | re.MULTILINE
)


def main() -> None:
    (ROOT / "README.md").write_text(TABLE.sub(lambda m: m[1] + operations_table() + m[2], README))
    errors = ROOT / "docs" / "errors.md"
    errors.write_text(_CAUSES.sub(lambda m: markdown(), errors.read_text(), count=1))


if __name__ == "__main__":
    main()
