"""Signs for a terminal that knows ASCII only: as wide as what they stand for."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from doitui.tui.terminal.ascii_driver import to_ascii


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("── DOIs ──", "-- DOIs --"),
        ("│ ┌┬┐ ├┼┤ └┴┘ ┃ ━", "| +++ +++ +++ | -"),
        ("▁▃█ ▏▌▊ ▔", "_## |## -"),
        ("⠀⣿", " :"),
        ("étude…", "etude~"),
        ("港町", "????"),
        ("\x1b[1mbold\x1b[0m", "\x1b[1mbold\x1b[0m"),
    ],
)
def test_a_sign_has_its_likeness(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


@pytest.mark.parametrize("text", ["Образ северного ветра", "e\u0301", "🦆 duck", "ﷺ", "ﬁnding", "½", "\u200b"])
def test_all_of_it_is_ascii_and_as_wide_as_it_was(text: str) -> None:
    plain = to_ascii(text)
    assert (plain.isascii(), cell_len(plain)) == (True, cell_len(text))
