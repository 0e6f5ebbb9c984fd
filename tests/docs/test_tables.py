"""The tables on the pages are those of the code."""

from __future__ import annotations

import pytest

from docs.blocks import text_of
from tables_of_pages import TABLES, written


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_that_of_the_code(name: str) -> None:
    assert text_of(TABLES[name][0]) == written(name), "run: make tables"
