"""Publishing: the four cases of OPUS 4, overrides, `auto_mint`, and what an import makes of them.

Counterparts of OPUS 4's IdentifierDoiTest are named in the docstrings.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from doitui_core.db.models import Audit, Doi, DoiLog, Job, Notice, Record, Repository
from doitui_core.dois import reservations
from doitui_core.errors import Refused
from doitui_core.operations import change_settings, doi_actions
from doitui_core.records import publish_rules, record_changes, record_lookup, records
from doitui_core.records.importing import ImportResult
from doitui_core.records.publish_transition import NO_EFFECT

Import = Callable[..., list[ImportResult]]
Save = Callable[..., Record]

OURS = "10.5072/h/2026/1"


@dataclass(frozen=True)
class Case:
    """Settings that are on, the override of the record, and what publishing does: creates a DOI, queues its mint."""

    on: tuple[str, ...] = ()
    override: str = ""
    creates: bool = False
    queues: bool = False


A, R, M = "auto_create", "register_at_publish", "auto_mint"

CASES = {
    # IdentifierDoiTest: DisabledAutoCreation*, EnabledAutoCreation* (each with the enrichment missing, true, false)
    "neither": Case(),
    "neither, the record asks": Case(override="true", creates=True),
    "neither, the record declines": Case(override="false"),
    "register only": Case((R,)),
    "register only, the record asks": Case((R,), "true", True, True),
    "register only, the record declines": Case((R,), "false"),
    "create only": Case((A,), creates=True),
    "create only, the record asks": Case((A,), "true", True),
    "create only, the record declines": Case((A,), "false"),
    "both": Case((A, R), creates=True, queues=True),
    "both, the record asks": Case((A, R), "true", True, True),
    "both, the record declines": Case((A, R), "false"),
    "auto_mint": Case((M,), creates=True, queues=True),
    "auto_mint, the record asks": Case((M,), "true", True, True),
    "auto_mint, the record declines": Case((M,), "false"),
    "all three": Case((A, R, M), creates=True, queues=True),
}


def switch_on(*names: str) -> None:
    change_settings.save_repository("h", dict.fromkeys(names, "1"))


def document(**members: Any) -> dict[str, str | bytes]:
    complete = {
        "object_id": "1",
        "creators": [{"name": "Curie, Marie"}],
        "titles": [{"title": "Notes"}],
        "publisher": "Archive",
        "publicationYear": 1902,
        "types": {"resourceTypeGeneral": "Text"},
    }
    return {"a.json": json.dumps(complete | members)}


def made() -> tuple[int, int]:
    """How many DOIs and jobs there are."""
    return Doi.select().count(), Job.select().count()


def by_command(import_files: Import, case: Case) -> None:
    import_files(document(published=False))
    if case.override:
        record_changes.change(record_lookup.find("1"), {"auto_create": case.override})
    assert made() == (0, 0)
    publish_rules.publish(record_lookup.find("1"))


def by_new_record(import_files: Import, case: Case) -> None:
    import_files(document(auto_create=case.override or None))


def by_import_of_an_unpublished_record(import_files: Import, case: Case) -> None:
    import_files(document(published=False, auto_create=case.override or None))
    assert made() == (0, 0)
    import_files(document(published=True))


def by_option(import_files: Import, case: Case) -> None:
    import_files(document(published=False, auto_create=case.override or None))
    import_files(document(published=False), published=True)


def by_script(import_files: Import, case: Case) -> None:
    import_files(document(published=False, auto_create=case.override or None))
    records.save("1", published=True)


WAYS = (by_command, by_new_record, by_import_of_an_unpublished_record, by_option, by_script)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_publishing_does(import_files: Import, case: Case, way: Callable[[Import, Case], None]) -> None:
    """Then again: importing again and publish -> publish, publish -> unpublish -> publish make no second one
    (OPUSVIER3994*, SkipGenerationIfDoiAlreadyExists).
    """
    switch_on(*case.on)
    way(import_files, case)
    expected = int(case.creates), int(case.queues)
    assert made() == expected
    import_files(document(published=True))
    publish_rules.publish(record_lookup.find("1"))
    assert made() == expected
    publish_rules.publish(record_lookup.find("1"), on=False)
    assert made() == expected
    publish_rules.publish(record_lookup.find("1"))
    assert made() == expected


def test_importing_again_after_a_setting_was_switched_on_makes_nothing(import_files: Import) -> None:
    import_files(document())
    switch_on(A, R, M)
    (result,) = import_files(document(titles=[{"title": "New"}]))
    assert (made(), result.published) == ((0, 0), NO_EFFECT)


def test_an_unpublished_record_gets_nothing(import_files: Import) -> None:
    """OPUSVIER3994: publish -> unpublish within one store."""
    switch_on(A, R)
    import_files(document(published=True), published=False)
    assert (made(), Record.get().published) == ((0, 0), False)


def test_a_reserved_doi_is_the_one_that_is_registered(import_files: Import) -> None:
    """DoiRegistration: the DOI that the document has when it is published, reserved for its PDF."""
    switch_on(A, R)
    import_files(document(published=False))
    doi = reservations.reserve(record_lookup.find("1")).doi
    publish_rules.publish(record_lookup.find("1"))
    assert ([row.doi for row in Doi.select()], made(), Doi.get().wanted) == ([doi], (1, 1), "findable")


@pytest.mark.parametrize("named", ["10.5072/own", "HTTPS://DOI.ORG/10.5072/OWN"])
def test_the_doi_of_the_document_is_the_one_that_is_registered(import_files: Import, named: str) -> None:
    """DoiRegistration."""
    switch_on(A, R)
    import_files(document(doi=named))
    assert ([row.folded for row in Doi.select()], made()) == (["10.5072/own"], (1, 1))


def test_a_foreign_doi_is_never_registered_and_keeps_the_record_from_getting_one(import_files: Import) -> None:
    """RegisterDocWithExternalDoi; DoiRegistrationWithMissingLocalDoi."""
    switch_on(A, R, M)
    import_files(document(doi="10.1594/x", auto_create="true"))
    assert (made(), Record.get().foreign_doi) == ((0, 0), "10.1594/x")


def test_without_a_local_doi_the_log_says_that_nothing_is_registered(
    import_files: Import, caplog: pytest.LogCaptureFixture
) -> None:
    """DoiRegistrationWithMissingLocalDoi."""
    switch_on(R)
    with caplog.at_level(logging.INFO, "doitui.doi"):
        import_files(document())
    assert caplog.messages == [
        "document 1 does not provide a local DOI that can be registered: abort DOI registration process"
    ]


@pytest.mark.parametrize(
    ("on", "created", "registered"), [((A, R), A, R), ((M,), M, M), ((R, M), M, R)], ids=["opus", "heratio", "mixed"]
)
def test_the_logs_name_the_setting_that_caused_it(
    import_files: Import, caplog: pytest.LogCaptureFixture, on: tuple[str, ...], created: str, registered: str
) -> None:
    switch_on(*on)
    with caplog.at_level(logging.INFO, "doitui.doi"):
        (result,) = import_files(document())
    assert caplog.messages == [
        f"DOI {OURS} was generated for document 1 ({created})",
        f"DOI {OURS} of document 1 is to be registered ({registered})",
    ]
    log = [(row.action, row.detail) for row in DoiLog.select().order_by(DoiLog.id)]
    assert log == [("reserve", created), ("mint", f"to findable ({registered})")]
    assert (result.published.created_by, result.published.registered_by) == (created, registered)


@pytest.mark.parametrize("way", ["import", "publish"])
def test_a_doi_that_cannot_be_generated_does_not_stop_the_publication(
    import_files: Import, caplog: pytest.LogCaptureFixture, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DoiGenerationWithMissingGenerationClass: the plug-in was there when it was set, and is gone now."""
    switch_on(A, R)
    monkeypatch.setenv("DOITUI_GENERATOR", "nowhere.at_all")
    (result,) = import_files(document(published=way == "import"))
    error = result.published.error
    if way == "publish":
        error = publish_rules.publish(record_lookup.find("1")).effect.error
    assert (record_lookup.find("1").published, made(), "nowhere.at_all" in error) == (True, (0, 0), True)
    assert any("could not generate a DOI for document 1 (auto_create)" in line for line in caplog.messages)


def test_metadata_that_datacite_would_refuse_leave_the_doi_reserved_and_the_record_published(
    import_files: Import, caplog: pytest.LogCaptureFixture
) -> None:
    """RegisterDocWithMissingProps, at publishing."""
    switch_on(A, R)
    (result,) = import_files(document(creators=[]))
    assert (Record.get().published, made(), Doi.get().status) == (True, (1, 0), "reserved")
    assert "creator_missing" in result.published.error
    assert len([line for line in caplog.messages if "document 1" in line and "creator_missing" in line]) == 1


def test_one_mail_is_sent_of_a_failure_at_publishing(import_files: Import) -> None:
    switch_on(A, R)
    mail = {"smtp_url": "smtp://127.0.0.1:25", "doi_failure_notify": "ops@example.org"} | {
        "doi_failure_notify_mode": "each"
    }
    change_settings.save_repository("h", mail)
    import_files(document(creators=[], published=False, owner_email="ida@example.org"))
    publish_rules.publish(record_lookup.find("1"))
    publish_rules.publish(record_lookup.find("1"))
    (notice,) = Notice.select()
    assert (notice.recipients, "creator_missing" in notice.body) == ("ida@example.org, ops@example.org", True)


def test_unpublishing_leaves_the_doi_alone_and_a_tombstone_stays_dead(
    a_minted_doi: Callable[..., Doi], import_files: Import
) -> None:
    switch_on(A, R, M)
    row = a_minted_doi("1")
    publish_rules.publish(record_lookup.find("1"), on=False)
    jobs = made()
    assert Doi.get_by_id(row.id).status == "findable"
    doi_actions.deactivate(row.doi, reason="withdrawn")
    publish_rules.publish(record_lookup.find("1"))
    assert (Doi.get_by_id(row.id).wanted, made()[0], made()[1] - jobs[1]) == ("tombstone", 1, 1)


def test_deleting_makes_one_tombstone(a_minted_doi: Callable[..., Doi]) -> None:
    """HandleDeleteEventFor*, DoNotHandleDeleteEventWhenPermanentlyDeletingDocumentAlreadyDeleted."""
    a_minted_doi("1")
    before = made()[1]
    effects = [publish_rules.delete(record_lookup.find("1")) for _ in range(3)]
    actions = [row.action for row in DoiLog.select() if row.action == "deactivate"]
    assert (effects, actions, made()[1] - before) == (["tombstone", "nothing", "nothing"], ["deactivate"], 1)


def test_deleting_leaves_a_foreign_doi_alone(import_files: Import) -> None:
    """DeleteMetadataForDoiDoc*: an external DOI."""
    import_files(document(doi="10.1594/x"))
    assert (publish_rules.delete(record_lookup.find("1")), made()) == ("nothing", (0, 0))


def test_what_happens_to_a_doi_is_no_change_of_its_record(
    a_record: Save, a_minted_doi: Callable[..., Doi], clock: Any
) -> None:
    """ModifyingStatus…, ModifyingRegistrationTs…: the document's modified date stays."""
    before = a_record("1").updated_at
    clock.forward(hours=1)
    row = a_minted_doi("1")
    doi_actions.verify(row.doi)
    doi_actions.deactivate(row.doi, reason="withdrawn")
    assert record_lookup.find("1").updated_at == before


def test_a_dry_run_says_what_publishing_would_do(import_files: Import) -> None:
    switch_on(A, R)
    (would,) = import_files(document(), dry_run=True)
    assert (made(), would.published.doi, would.published.message) == (
        (0, 0),
        OURS,
        f"DOI {OURS} created (auto_create), to be queued (register_at_publish)",
    )
    import_files(document(published=False))
    effect = publish_rules.preview(record_lookup.find("1")).effect
    assert (effect, made()) == (would.published, (0, 0))


# --- values set by hand


@pytest.fixture
def by_hand(import_files: Import) -> Record:
    """A record with every value set by a person."""
    import_files(document(url="https://a.org/1", owner_name="Ida", owner_email="ida@a.org", auto_create=False))
    values = {"url": "https://b.org/1", "owner_name": "Jo", "owner_email": "jo@b.org", "auto_create": "true"}
    record_changes.change(record_lookup.find("1"), values, actor="curie")
    publish_rules.publish(record_lookup.find("1"), on=False)
    return record_lookup.find("1")


SAID = {
    "url": "https://c.org/1",
    "owner_name": "Lu",
    "owner_email": "lu@c.org",
    "published": True,
    "auto_create": False,
}


def stored() -> dict[str, Any]:
    row = record_lookup.find("1")
    return {name: getattr(row, name) for name in SAID}


def test_what_a_person_set_survives_an_import_and_each_difference_is_reported(
    by_hand: Record, import_files: Import
) -> None:
    before = stored()
    (result,) = import_files(document(**SAID))
    assert (stored(), [one.field for one in result.protected]) == (before, list(SAID))
    assert result.overwritten == ()


def test_overwrite_takes_what_the_document_says_from_then_on(by_hand: Record, import_files: Import) -> None:
    (result,) = import_files(document(**SAID), overwrite=True)
    assert stored() == SAID | {"auto_create": "false"}
    assert ([one.field for one in result.overwritten], result.protected) == (list(SAID), ())
    import_files(document(url="https://d.org/1"))
    assert (stored()["url"], record_lookup.find("1").set_by_hand) == ("https://d.org/1", "")


def test_overwrite_changes_nothing_that_the_document_does_not_say(by_hand: Record, import_files: Import) -> None:
    before = stored()
    (result,) = import_files(document(), overwrite=True)
    assert (stored(), result.overwritten, result.protected) == (before, (), ())


def test_an_import_that_overwrites_the_publication_state_is_a_publication(
    by_hand: Record, import_files: Import
) -> None:
    switch_on(M)
    import_files(document(**SAID | {"auto_create": None}), overwrite=True)
    assert made() == (1, 1)


def test_an_empty_value_takes_back_what_was_set(by_hand: Record, import_files: Import) -> None:
    record_changes.change(by_hand, {"url": "", "owner_name": "", "owner_email": "", "auto_create": ""})
    (result,) = import_files(document(**SAID | {"published": False}))
    assert (stored(), result.protected) == (SAID | {"published": False, "auto_create": "false"}, ())


def test_a_change_by_hand_is_in_the_audit(by_hand: Record) -> None:
    row = Audit.get(Audit.action == "set", Audit.subject == "record 1")
    detail = "url https://b.org/1, owner_name Jo, owner_email jo@b.org, auto_create true"
    assert (row.actor, row.detail) == ("curie", detail)


def test_the_changed_landing_page_is_in_the_log_of_dois(a_record: Save, caplog: pytest.LogCaptureFixture) -> None:
    doi = reservations.reserve(a_record("1")).doi
    caplog.clear()
    with caplog.at_level(logging.INFO, "doitui.doi"):
        record_changes.change(record_lookup.find("1"), {"url": "https://b.org/1"})
    assert caplog.messages == [f"landing page URL of DOI {doi} of document 1 is to be changed: https://b.org/1"]


def test_reserving_is_refused_where_a_foreign_doi_is(import_files: Import, archive: Repository) -> None:
    import_files(document(doi="10.1594/x"))
    with pytest.raises(Refused):
        reservations.reserve(record_lookup.find("1"))
