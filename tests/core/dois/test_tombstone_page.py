"""The tombstone page: what it says, and that nothing in it can do more than say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import html

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, Repository
from doitui_core.dois import doi_rows, tombstone_page
from doitui_core.dois.tombstone_page import Tombstone
from doitui_core.domain import states
from doitui_core.domain.states import Remote
from doitui_core.errors import Refused
from doitui_core.operations import change_settings, doi_actions

Minted = Callable[..., Doi]

DOI = "10.5072/h/2026/ms-1"
SINCE = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)

ATTRIBUTES: dict[str, Any] = {
    "titles": [{"title": "Letters from the harbour"}, {"title": "Another", "titleType": "Subtitle"}],
    "creators": [{"name": "Brandt, Ida"}, {"givenName": "Jo", "familyName": "Doe"}],
    "publisher": {"name": "Hollin Archive"},
    "publicationYear": 2020,
}


def rendered(attributes: dict[str, Any] | None = None, **changes: Any) -> str:
    parts: dict[str, Any] = {"doi": DOI, "reason": "withdrawn", "successor": "", "since": SINCE, **changes}
    return tombstone_page.render(Tombstone(attributes=ATTRIBUTES if attributes is None else attributes, **parts))


def parsed(page: str) -> Any:
    return html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))


def rows(page: str) -> dict[str, str]:
    tree = parsed(page)
    names = [term.text_content() for term in tree.iter("dt")]
    return dict(zip(names, [value.text_content() for value in tree.iter("dd")], strict=True))


def test_the_page_says_what_it_was_when_and_why_it_went_and_what_replaces_it() -> None:
    page = rendered(successor="10.5072/new")
    assert parsed(page).find(".//h1").text == "Letters from the harbour"
    assert rows(page) == {
        "Creators": "Brandt, Ida; Doe, Jo",
        "Year": "2020",
        "DOI": f"https://doi.org/{DOI}",
        "Withdrawn on": "2026-12-31",
        "Reason": "withdrawn",
        "Replaced by": "https://doi.org/10.5072/new",
    }


def test_what_is_not_known_is_not_said() -> None:
    page = rendered({}, reason="", since=None)
    assert (rows(page), parsed(page).find(".//h1").text) == ({"DOI": f"https://doi.org/{DOI}"}, DOI)


def test_the_successor_is_a_link() -> None:
    links = [link.get("href") for link in parsed(rendered(successor="10.5072/new")).iter("a")]
    assert links == [f"https://doi.org/{DOI}", "https://doi.org/10.5072/new"]


HOSTILE = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "--></style><b>",
    "<!-- comment",
    "&lt;b&gt; &amp; &#60;b&#62;",
    "{title} {0} {style.__class__} %s",
    "]]><svg/onload=alert(1)>",
    "a\x00b\x1b[31mred\x9b31m",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "half \ud800 a pair",
]

PLACES: dict[str, Callable[[str], str]] = {
    "title": lambda text: rendered({**ATTRIBUTES, "titles": [{"title": text}]}),
    "creator": lambda text: rendered({**ATTRIBUTES, "creators": [{"name": text}]}),
    "given name": lambda text: rendered({**ATTRIBUTES, "creators": [{"givenName": text}]}),
    "year": lambda text: rendered({**ATTRIBUTES, "publicationYear": text}),
    "reason": lambda text: rendered(reason=text),
    "successor": lambda text: rendered(successor=text),
    "doi": lambda text: rendered(doi=text),
}

#: What a page of plain words is made of.
SKELETON = [element.tag for element in parsed(rendered(successor="10.5072/new")).iter()]


def test_nothing_that_stands_in_the_metadata_becomes_markup(check_all: Callable[..., None]) -> None:
    def check(place: str, text: str) -> None:
        page = PLACES[place](text)
        tree = parsed(page)
        tags = [element.tag for element in tree.iter()]
        assert [tag for tag in tags if tag not in SKELETON] == []
        assert [name for element in tree.iter() for name in element.attrib if name.startswith("on")] == []
        links = [link.get("href") for link in tree.iter("a")]
        assert [link for link in links if not link.startswith("https://doi.org/")] == []

    check_all(check, PLACES, HOSTILE)


def test_nothing_that_stands_in_the_metadata_steers_a_browser_or_breaks_the_encoding(
    check_all: Callable[..., None],
) -> None:
    def check(place: str, text: str) -> None:
        page = PLACES[place](text)
        page.encode("utf-8")
        assert [c for c in page if c in "\x00\x1b\x9b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"] == []

    check_all(check, PLACES, HOSTILE)


def test_what_was_escaped_reads_as_it_was_written(check_all: Callable[..., None]) -> None:
    def check(text: str) -> None:
        assert rows(rendered(reason=text))["Reason"] == text

    check_all(check, HOSTILE[:9])


def test_a_title_from_right_to_left_stands_in_its_own_direction() -> None:
    title = "מכתבים מן הנמל"
    tree = parsed(rendered({"titles": [{"title": title}]}))
    heading = tree.find(".//h1")
    assert (heading.text, heading.get("dir"), {value.get("dir") for value in tree.iter("dd")}) == (
        title,
        "auto",
        {"auto"},
    )


def test_marks_that_words_need_stay() -> None:
    assert rows(rendered(reason="می\u200cخواهم א\u200fב"))["Reason"] == "می\u200cخواهم א\u200fב"


def test_metadata_of_a_wrong_shape_is_left_out_and_breaks_nothing(check_all: Callable[..., None]) -> None:
    def check(block: str, nonsense: Any) -> None:
        page = rendered({**ATTRIBUTES, block: nonsense})
        assert rows(page)["Reason"] == "withdrawn"
        assert "None" not in page

    nonsense = [None, "x", 7, {}, [], [None], ["x"], [7], [[]], [{}], [{"title": None}]]
    check_all(check, ["titles", "creators", "publicationYear"], nonsense)


def test_the_page_is_not_for_search_engines() -> None:
    assert parsed(rendered()).find(".//meta[@name='robots']").get("content") == "noindex"


@pytest.mark.parametrize(
    ("doi", "link"),
    [
        ("10.5072/a(1);b", "https://doi.org/10.5072/a(1);b"),
        ("10.5072/a<b>\"c'", "https://doi.org/10.5072/a%3Cb%3E%22c%27"),
        ("10.5072/a?b#c%d", "https://doi.org/10.5072/a%3Fb%23c%25d"),
        ("10.5072/ä", "https://doi.org/10.5072/%C3%A4"),
    ],
)
def test_a_doi_is_escaped_in_its_link(doi: str, link: str) -> None:
    assert next(parsed(rendered(doi=doi)).iter("a")).get("href") == link


def test_nothing_else_of_the_record_is_on_the_page() -> None:
    hidden = {
        "publisher": {"name": "Hollin Archive"},
        "descriptions": [{"description": "secret abstract"}],
        "subjects": [{"subject": "secret subject"}],
        "contributors": [{"name": "Secret, Sam"}],
        "rightsList": [{"rights": "secret rights"}],
        "url": "https://archive.example.org/secret",
    }
    page = rendered(ATTRIBUTES | hidden)
    assert [word for word in ("Hollin", "secret", "Secret") if word in page] == []


# Of a DOI in the database.


@pytest.fixture
def a_tombstone(a_minted_doi: Minted, clock: Any) -> Callable[..., Doi]:
    """A DOI deactivated at the clock's time, and known to be hidden an hour later."""

    def make(**options: Any) -> Doi:
        row = doi_actions.deactivate(a_minted_doi().doi, **{"reason": "withdrawn", **options}).doi
        clock.forward(hours=1)
        with database.write():
            row = doi_rows.lock(row.id)
            facts = states.answered(doi_rows.facts(row), Remote.REGISTERED)
            doi_rows.write(row, facts, actor="worker", action="deactivate", http_status=200)
        return row

    return make


def test_a_tombstone_is_read_from_record_doi_and_log(a_tombstone: Callable[..., Doi], clock: Any) -> None:
    begun = clock.now
    told = tombstone_page.from_row(a_tombstone(successor="10.5072/new"))
    assert (told.reason, told.successor, told.since) == ("withdrawn", "10.5072/new", begun)
    assert told.attributes["titles"] == [{"title": "Notebooks"}]


def test_the_date_is_that_of_the_wish_whatever_happens_later(a_tombstone: Callable[..., Doi], clock: Any) -> None:
    begun = clock.now
    row = a_tombstone()
    clock.forward(days=300)
    with database.write():
        doi_rows.write(doi_rows.lock(row.id), doi_rows.facts(row), actor="w", action="deactivate", cause="server_error")
    assert tombstone_page.from_row(Doi.get_by_id(row.id)).since == begun


def test_a_tombstone_made_again_has_the_later_date(a_tombstone: Callable[..., Doi], clock: Any) -> None:
    row = a_tombstone()
    doi_actions.restore(row.doi, reason="by mistake")
    with database.write():
        row = doi_rows.lock(row.id)
        doi_rows.write(row, states.answered(doi_rows.facts(row), Remote.FINDABLE), actor="worker", action="mint")
    clock.forward(days=3)
    doi_actions.deactivate(row.doi, reason="withdrawn after all")
    told = tombstone_page.from_row(Doi.get_by_id(row.id))
    assert (told.reason, told.since) == ("withdrawn after all", clock.now)


def test_the_page_can_be_made_before_the_doi_leads_to_it(a_minted_doi: Minted) -> None:
    row = doi_actions.deactivate(a_minted_doi().doi, reason="withdrawn").doi
    assert (row.status, tombstone_page.from_row(row).reason) == ("findable", "withdrawn")


def test_a_tombstone_without_a_record_still_has_a_page(a_tombstone: Callable[..., Doi]) -> None:
    row = a_tombstone()
    Doi.update(record=None).where(Doi.id == row.id).execute()
    told = tombstone_page.from_row(Doi.get_by_id(row.id))
    assert (told.attributes, "withdrawn" in tombstone_page.render(told)) == ({}, True)


def test_what_is_no_tombstone_has_no_page(a_minted_doi: Minted) -> None:
    with pytest.raises(Refused, match="is findable, not a tombstone"):
        tombstone_page.from_row(a_minted_doi())


@pytest.mark.parametrize(
    ("base", "doi", "address"),
    [
        ("", "10.5072/a", ""),
        ("https://archive.example.org/gone", "10.5072/a/b", "https://archive.example.org/gone/10.5072/a/b"),
        ("https://archive.example.org/gone/", "10.5072/A;b", "https://archive.example.org/gone/10.5072/A;b"),
        ("https://a.org", "10.5072/a<b>#c", "https://a.org/10.5072/a%3Cb%3E%23c"),
    ],
)
def test_where_the_page_lives_is_a_setting(archive: Repository, base: str, doi: str, address: str) -> None:
    config = repositories.config(change_settings.save_repository("h", {"tombstone_page_base": base}))
    assert config.tombstone_page(doi) == address
