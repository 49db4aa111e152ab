"""Check whether DataCite's report store would accept a usage report. Pure: a report in, sentences out.

The rules are those of SUSHI's usage report `rd1` as DataCite checks them (usage.md 1.4 and 1.5), stricter in three
points: a count is never negative, the month is one month of one year, and 50,000 datasets are the limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

import jsonschema_rs

from doitui_core.domain.counter_terms import ACCESS_METHODS, METRICS

RELEASE = "rd1"

# A report with more is sent in parts, each compressed (datacite-api.md 3.6).
MAX_DATASETS = 50_000

# Exception 69 marks a compressed report; it is mandatory for gzip and has no other meaning (usage.md 1.6).
COMPRESSED = 69

# DataCite keeps totals in a column of four bytes.
MAX_COUNT = 2**31 - 1

_REQUIRED = ("report-id", "created-by", "created", "reporting-period")
_CREATED_BY = re.compile(r"[^\ud800-\udfff]*[-._;()/:a-zA-Z0-9*~$=]\Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

# Errors listed of a report, which may have the same one in 50,000 datasets.
_MOST = 100

# Characters of a sentence: the validator quotes the value, which may be a whole dataset.
_LONGEST = 200


def errors(report: Mapping[str, Any], most: int = _MOST) -> list[str]:
    """What DataCite refuses in `report`, `{"report-header": {…}, "report-datasets": […]}`; [] when it is valid.

    One sentence each, the header's first, at most `most`. Any JSON may come in.
    """
    header, datasets = report.get("report-header"), report.get("report-datasets")
    if not isinstance(header, Mapping):
        return ["report-header: is missing"]
    found = header_errors(header)
    if not isinstance(datasets, list) or not datasets:
        return found + count_errors(0)
    found += count_errors(len(datasets))
    schema = _validator("header", "datasets").iter_errors({**header, "report-datasets": datasets})
    return found + [_sentence(error) for error in islice(schema, max(most - len(found), 0))]


def count_errors(datasets: int) -> list[str]:
    """What is wrong with the number of datasets in a report."""
    if not datasets:
        return ["report-datasets: can't be blank"]
    if datasets > MAX_DATASETS:
        return [f"report-datasets: {datasets} are more than {MAX_DATASETS}: send parts, compressed"]
    return []


def header_errors(header: Mapping[str, Any], *, lenient: bool = False) -> list[str]:
    """What is wrong with a report's header, without the checks of the schema. `lenient`: the years of its period may
    differ, as at DataCite (usage.md 1.5).
    """
    found = [f"{name}: can't be blank" for name in _REQUIRED if header.get(name) in (None, "", {}, [])]
    if header.get("release") != RELEASE:
        found.append(f"release: {header.get('release')!r} is not {RELEASE!r}")
    created_by = header.get("created-by")
    if created_by and not (isinstance(created_by, str) and _CREATED_BY.match(created_by)):
        found.append(f"created-by: {created_by!r} does not end in a letter, a digit or one of -._;()/:*~$=")
    if not any(error.startswith("reporting-period") for error in found):
        found += _period_errors(header["reporting-period"], lenient)
    return found


def all_header_errors(header: Mapping[str, Any], *, lenient: bool = False) -> list[str]:
    """`header_errors` and what the schema says of the header, for a report whose datasets are checked in batches."""
    schema = _validator("header").iter_errors(dict(header))
    return header_errors(header, lenient=lenient) + [_sentence(error) for error in islice(schema, _MOST)]


def dataset_errors(datasets: Sequence[Any], first: int, most: int = _MOST, *, lenient: bool = False) -> list[str]:
    """What DataCite refuses in some of a report's datasets; `first` is the place of the first, counted from 0.

    `lenient`: publishers may have ids of ROR.
    """
    document, validator = {"report-datasets": list(datasets)}, _validator("lenient" if lenient else "datasets")
    if validator.is_valid(document):
        return []
    return [_sentence(error, first) for error in islice(validator.iter_errors(document), most)]


def unread(dataset: Any) -> str:
    """The parts of a valid dataset that DataCite ignores (usage.md 1.9), as a sentence; empty where it reads all."""
    ids, performance = dataset.get("dataset-id"), dataset["performance"]
    if not ids or ids[0]["type"].lower() != "doi":
        return "no DOI is first in dataset-id: DataCite makes no events of it"
    if len(performance) > 1:
        return f"DataCite reads the first of {len(performance)} performances only"
    if performance and len(performance[0]["instance"]) > len(METRICS) * len(ACCESS_METHODS):
        return f"{len(performance[0]['instance'])} instances are too many: DataCite makes no events of it"
    return ""


def unpermitted(report: Mapping[str, Any]) -> list[str]:
    """The keys DataCite refuses in a report sent as plain JSON; it does not check those of a compressed one."""
    return sorted(set(_unknown(report, _KEYS)))


def period(header: Mapping[str, Any]) -> tuple[date, date]:
    """First and last day of `reporting-period`. Raises ValueError when they are no days."""
    days = header["reporting-period"]
    return _day(days, "begin-date"), _day(days, "end-date")


def says_compressed(header: Mapping[str, Any]) -> bool:
    """Whether exception 69 is among `exceptions`."""
    exceptions = header.get("exceptions")
    return isinstance(exceptions, list) and any(
        isinstance(one, Mapping) and str(one.get("code")) == str(COMPRESSED) for one in exceptions
    )


def _period_errors(days: Any, lenient: bool) -> list[str]:
    try:
        begin, end = period({"reporting-period": days})
    except ValueError as error:
        return [f"reporting-period: {error}"]
    if begin.month != end.month or (begin.year != end.year and not lenient):
        return ["Reports are monthly, reporting dates need to be within the same month"]
    return [] if begin <= end else [f"reporting-period: it ends on {end}, before it begins on {begin}"]


def _day(days: Any, name: str) -> date:
    text = days.get(name) if isinstance(days, Mapping) else None
    try:
        found = _DAY.match(text) if isinstance(text, str) else None
        return date.fromisoformat(found[0] if found else "")
    except ValueError:
        raise ValueError(f"{name} {text!r} is not a day: write YYYY-MM-DD") from None


def _sentence(error: jsonschema_rs.ValidationError, first: int = 0) -> str:
    path = list(error.instance_path)
    if len(path) > 1 and path[0] == "report-datasets":
        path[1] = int(path[1]) + first
    where = "/".join(str(step) for step in path)
    message = error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]}…"
    return f"{where}: {message}" if where else message


def _object(required: str, **properties: Any) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in properties.items()}
    return {"type": "object", "required": required.split(), "properties": named}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _typed(*types: str) -> dict[str, Any]:
    return _list_of(_object("type value", type={"enum": types}, value=_TEXT))


_TEXT = {"type": "string"}
_NAMED = _list_of(_object("name value", name=_TEXT, value=_TEXT))


#: The kinds of id a publisher may have.
PUBLISHER_IDS = ("isni", "orcid", "grid", "urn", "client-id")


def _dataset(publisher_ids: Sequence[str]) -> dict[str, Any]:
    instance = _object(
        "access-method metric-type count",
        access_method={"enum": ACCESS_METHODS},
        metric_type={"enum": METRICS},
        count={"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
        country_counts={"type": "object"},
    )
    days = _object("begin-date end-date", begin_date=_TEXT, end_date=_TEXT)
    return _object(
        "data-type dataset-title performance platform publisher publisher-id",
        dataset_title=_TEXT,
        dataset_id=_typed("doi", "DOI", "proprietary", "uri"),
        dataset_contributors=_typed("name", "orcid", "isni"),
        dataset_dates=_typed("pub-date", "first-accessed-online", "proprietary"),
        dataset_attributes=_typed("dataset-version", "dataset_type", "proprietary"),
        platform=_TEXT,
        publisher=_TEXT,
        publisher_id=_typed(*publisher_ids),
        data_type={"enum": ("dataset",)},
        yop=_TEXT,
        performance=_list_of(_object("period instance", period=days, instance=_list_of(instance))),
    )


#: The schemas of header and datasets: what is required, and of which shape it is.
_SCHEMAS: dict[str, tuple[str, dict[str, Any]]] = {
    "header": (
        "release report-id report-name",
        dict.fromkeys(("release", "report_id", "report_name", "created", "created_by"), _TEXT)
        | dict.fromkeys(("report_filters", "report_attributes"), _NAMED),
    ),
    "datasets": ("report-datasets", {"report_datasets": _list_of(_dataset(PUBLISHER_IDS))}),
    "lenient": ("report-datasets", {"report_datasets": _list_of(_dataset((*PUBLISHER_IDS, "ror")))}),
}


@cache
def _validator(*names: str) -> jsonschema_rs.Draft202012Validator:
    """Of the schemas of these names in one flat object, as DataCite validates them."""
    required = " ".join(_SCHEMAS[name][0] for name in names)
    properties = {key: shape for name in names for key, shape in _SCHEMAS[name][1].items()}
    return jsonschema_rs.Draft202012Validator(_object(required, **properties))


_NAME_VALUE = {"name": None, "value": None}
_TYPE_VALUE = {"type": None, "value": None}
_DAYS = {"begin-date": None, "end-date": None}

# The keys that are permitted, and what is permitted below them; None is not looked into.
_KEYS: dict[str, Any] = {
    "report-header": {
        **dict.fromkeys(("report-name", "report-id", "release", "created", "created-by")),
        "report-filters": _NAME_VALUE,
        "report-attributes": _NAME_VALUE,
        "reporting-period": _DAYS,
        "exceptions": dict.fromkeys(("code", "severity", "message", "data", "help-url")),
    },
    "report-datasets": {
        **dict.fromkeys(("dataset-title", "platform", "publisher", "data-type", "yop", "uri")),
        **dict.fromkeys(
            ("dataset-id", "dataset-contributors", "dataset-dates", "dataset-attributes", "publisher-id"), _TYPE_VALUE
        ),
        "performance": {
            "period": _DAYS,
            "instance": dict.fromkeys(("access-method", "metric-type", "count", "country-counts")),
        },
    },
}


def _unknown(value: Any, permitted: dict[str, Any] | None) -> Iterator[str]:
    if permitted is None:
        return
    for one in value if isinstance(value, list) else (value,):
        for name, below in one.items() if isinstance(one, Mapping) else ():
            if name in permitted:
                yield from _unknown(below, permitted[name])
            else:
                yield str(name)
