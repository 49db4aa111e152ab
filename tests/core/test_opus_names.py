"""Which of our tests say what a test of OPUS 4 says: generation, locality, uniqueness, XML and publish rules.

Names of OPUS 4 (framework b6ff3ba7 and application fdf3414c, 2026); a star stands for a group of one beginning.
Without a counterpart on purpose: GetStylesheetPath* and FileInformation*: no stylesheet is used, and no files are sent.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]

GENERATORS = "core/domain/test_doi_generators.py"
TRANSITION = "core/records/test_publish_transition.py"
RULES = "core/records/test_publish_rules.py"
ASSIGNMENTS = "core/operations/test_doi_assignments.py"
IDENTIFIERS = "core/domain/test_identifiers.py"
TARGETS = "core/dois/test_targets.py"
VALIDATE = "core/metadata/test_validate.py"
EXPORT = "cli/test_metadata.py"

#: By test of OPUS 4: the file and the test of ours.
COUNTERPARTS = {
    # DefaultGeneratorTest
    "GenerateWithMissingConfig": (GENERATORS, "test_without_a_prefix_there_is_no_doi_and_nothing_is_local"),
    "GenerateWithPartialConfig": (GENERATORS, "test_without_a_prefix_there_is_no_doi_and_nothing_is_local"),
    "GenerateWithPrefixConfig": (GENERATORS, "test_opuss_generator_makes_opuss_dois"),
    "GenerateWithPrefixConfigAlt": (GENERATORS, "test_opuss_generator_makes_opuss_dois"),
    "GenerateWithCompleteConfig": (GENERATORS, "test_opuss_generator_makes_opuss_dois"),
    "GenerateWithCompleteConfigAlt": (GENERATORS, "test_opuss_generator_makes_opuss_dois"),
    "IsLocal* x10": (GENERATORS, "test_what_is_local"),
    "GetPrefixNoConfiguration": (GENERATORS, "test_without_a_prefix_there_is_no_doi_and_nothing_is_local"),
    "GetPrefixEmptyConfiguration": (IDENTIFIERS, "test_a_prefix_that_is_not_ones_own_is_not_usable"),
    # DoiManagerTest
    "RegisterMissingArg": ("cli/test_dry_run.py", "test_a_dry_run_fails_as_the_real_one"),
    "RegisterInvalidArg": ("cli/test_dry_run.py", "test_a_dry_run_fails_as_the_real_one"),
    "RegisterDocWithoutDoi": (TRANSITION, "test_without_a_local_doi_the_log_says_that_nothing_is_registered"),
    "RegisterDocWithExternalDoi": (ASSIGNMENTS, "test_any_other_doi_is_foreign_and_never_registered"),
    "RegisterDocWithExternalDoi, …AndMissingConfig": (
        GENERATORS,
        "test_without_a_prefix_there_is_no_doi_and_nothing_is_local",
    ),
    "RegisterDocWithLocalRegisteredDoi": (TARGETS, "test_a_doi_that_is_as_wanted_is_not_queued_again"),
    "RegisterDocWithLocalNonUniqueDoi": (ASSIGNMENTS, "test_a_doi_of_another_record_is_refused_in_every_spelling"),
    "RegisterDocWithMissingProps": (TARGETS, "test_a_refused_mint_carries_opuss_codes"),
    "GenerateNewDoi* x5": (GENERATORS, "test_a_plug_in_that_fails_is_named_in_one_line"),
    "DeleteMetadataForDoiDoc* x5: without a DOI": (RULES, "test_a_record_without_a_doi_is_simply_gone"),
    "DeleteMetadataForDoiDoc*: an external DOI": (TRANSITION, "test_deleting_leaves_a_foreign_doi_alone"),
    "DeleteMetadataForDoiDoc*: not registered": (
        RULES,
        "test_a_reserved_doi_is_burnt_and_the_object_id_is_free_again",
    ),
    "DeleteMetadataForDoiDoc*: registered": (TRANSITION, "test_deleting_makes_one_tombstone"),
    "GetLandingPage* x7": (
        "core/dois/test_reservations.py",
        "test_the_landing_page_is_the_records_else_the_repositorys",
    ),
    "GetDuplicateDoiValues*": (ASSIGNMENTS, "test_a_doi_of_several_records_is_listed"),
    # DataCiteXmlGeneratorTest
    "CheckRequiredFields* x10": (VALIDATE, "test_what_datacite_refuses_is_an_error"),
    "GenerateMissingFields": (EXPORT, "test_an_export_with_errors_names_the_command_without_validation"),
    "GenerateWithNonLocalDoi": (ASSIGNMENTS, "test_a_record_with_a_foreign_doi_is_exported_under_it"),
    "GenerateInvalidXml": (EXPORT, "test_a_document_with_errors_is_converted_only_without_validation"),
    "GenerateRequiredFields": (VALIDATE, "test_the_mandatory_fields_are_enough"),
    "XmlWith{Creator,Title,Publisher}Placeholder": (
        VALIDATE,
        "test_what_datacite_takes_but_readers_regret_is_a_warning",
    ),
    "ProperGenerationOfOrcidUrl": ("core/metadata/test_archival.py", "test_each_key_becomes_its_block"),
    # IdentifierDoiTest
    "{Disabled,Enabled}AutoCreation* x6": (TRANSITION, "test_what_publishing_does"),
    "SkipGenerationIfDoiAlreadyExists": (TRANSITION, "test_a_reserved_doi_is_the_one_that_is_registered"),
    "HandleDeleteEventForSetServerStateDeleted": (TRANSITION, "test_deleting_makes_one_tombstone"),
    "HandleDeleteEventForPermanentDelete": (TRANSITION, "test_deleting_makes_one_tombstone"),
    "DoNotHandleDeleteEventWhenPermanentlyDeletingDocumentAlreadyDeleted": (
        TRANSITION,
        "test_deleting_makes_one_tombstone",
    ),
    "DoiGenerationWithMissingGenerationClass": (
        TRANSITION,
        "test_a_doi_that_cannot_be_generated_does_not_stop_the_publication",
    ),
    "DoiRegistration": (TRANSITION, "test_the_doi_of_the_document_is_the_one_that_is_registered"),
    "DoiRegistrationWithMissingLocalDoi": (
        TRANSITION,
        "test_without_a_local_doi_the_log_says_that_nothing_is_registered",
    ),
    "OPUSVIER3994* x5": (TRANSITION, "test_what_publishing_does"),
    # IdentifierTest
    "IsValidDoi*": (ASSIGNMENTS, "test_a_doi_of_ours_with_other_characters_is_refused"),
    "IsLocalDoi* x9": (GENERATORS, "test_where_a_plug_in_fails_the_built_in_generator_says_what_is_local"),
    "IsDoiUniquePositive": (ASSIGNMENTS, "test_a_doi_that_begins_as_another_one_is_another_one"),
    "IsDoiUniqueNegative": (ASSIGNMENTS, "test_a_doi_of_another_record_is_refused_in_every_spelling"),
    "IsDoiUniqueDoiPrefixOfOtherDoi": (ASSIGNMENTS, "test_a_doi_that_begins_as_another_one_is_another_one"),
    "ModifyingStatus…": (
        TRANSITION,
        "test_what_happens_to_a_doi_is_no_change_of_its_record",
    ),
    "ModifyingRegistrationTs…": (
        TRANSITION,
        "test_what_happens_to_a_doi_is_no_change_of_its_record",
    ),
    "StoreFilterDoiValue": (ASSIGNMENTS, "test_a_doi_under_our_prefix_becomes_the_records_own"),
    # the export of DataCite XML
    "DataciteExportTest x6, DataCiteExportTest x11: no document named": (
        EXPORT,
        "test_an_export_needs_one_doi_or_record",
    ),
    "DataCiteExportTest: unknown document": (EXPORT, "test_an_export_needs_one_doi_or_record"),
    "DataCiteExportTest: not published": (EXPORT, "test_an_unpublished_records_export_warns_of_registering_it_by_hand"),
    "DataCiteExportTest: valid": (EXPORT, "test_a_doi_is_exported_as_it_is_sent"),
    "DataCiteExportTest: invalid, with and without validate=no": (
        EXPORT,
        "test_an_export_with_errors_names_the_command_without_validation",
    ),
    # the migration to 4.6.2
    "SetStatusOfExistingDoiTest: more than one DOI": (
        ASSIGNMENTS,
        "test_a_record_with_several_dois_is_listed_with_them_all",
    ),
}


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_test_of_opus_has_its_counterpart() -> None:
    assert {opus: ours for opus, ours in COUNTERPARTS.items() if ours[1] not in functions_of(ours[0])} == {}
