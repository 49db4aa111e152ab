"""The schemas of the hub's OpenAPI document: what answers and bodies look like."""

from __future__ import annotations

from typing import Any

from doitui_core.domain.event_kinds import USAGE_RELATIONS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date"}
UUID: Schema = {"type": "string", "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"}
ANYTHING: Schema = {"type": "object"}


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: str = "", **properties: Schema) -> Schema:
    """An object; `required`: its required names, with dashes, separated by spaces. Names of arguments have underscores
    where the document has dashes.
    """
    named = {name.replace("_", "-"): schema for name, schema in properties.items()}
    return {"type": "object", "properties": named} | ({"required": required.split()} if required else {})


def many(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


_BUCKETS = many(record("id title", id=TEXT, title=TEXT, count=COUNT, sum=COUNT))

_FACETS = (
    *("sources", "occurred", "created", "prefixes", "registrants"),
    *("citation-types", "relation-types", "citationTypes", "relationTypes"),
)

_EVENT_V1 = {
    "subj-id": TEXT,
    "obj-id": TEXT,
    "source-id": TEXT,
    "relation-type-id": TEXT,
    "total": WHOLE,
    "message-action": TEXT,
    "source-token": TEXT,
    "license": TEXT,
    "occurred-at": TEXT,
    "timestamp": TEXT,
}
_EVENT_V2 = {
    "subjId": TEXT,
    "objId": TEXT,
    "sourceId": TEXT,
    "relationTypeId": TEXT,
    "messageAction": TEXT,
    "sourceToken": TEXT,
    "occurredAt": TEXT,
    "sourceDoi": nullable(TEXT),
    "targetDoi": nullable(TEXT),
    "sourceRelationTypeId": nullable(TEXT),
    "targetRelationTypeId": nullable(TEXT),
}

_SENT = {
    name: schema
    for name, schema in {**_EVENT_V1, **_EVENT_V2, "subj": ANYTHING, "obj": ANYTHING}.items()
    if name not in ("timestamp", "sourceDoi", "targetDoi", "sourceRelationTypeId", "targetRelationTypeId")
}

_INSTANCE = record(
    "metric-type access-method count",
    metric_type={"enum": sorted({name.rsplit("-", 1)[0] for name in USAGE_RELATIONS})},
    access_method={"enum": ["regular", "machine"]},
    count={"type": "integer", "minimum": 1},
    country_counts=ANYTHING,
)
_PERIOD = record("begin-date end-date", begin_date=DATE, end_date=DATE)
_IDENTIFIER = record("type value", type=TEXT, value=TEXT)

SCHEMAS: dict[str, Schema] = {
    "Errors": record(
        "errors", errors={**many(record("status title", status=TEXT, title=TEXT, source=TEXT)), "minItems": 1}
    ),
    "Event": record(
        "id type attributes",
        id=TEXT,
        type={"const": "events"},
        attributes={"type": "object", "properties": {**_EVENT_V1, **_EVENT_V2}, "required": ["total"]},
        relationships=ANYTHING,
    ),
    "OneEvent": record("data", data=ref("Event")),
    "Events": record(
        "data meta links",
        data=many(ref("Event")),
        meta={
            "type": "object",
            "required": ["total"],
            "properties": {
                "total": COUNT,
                "page": COUNT,
                **dict.fromkeys(("total-pages", "totalPages"), COUNT),
                **dict.fromkeys(_FACETS, _BUCKETS),
            },
        },
        links=record("self", self=TEXT, next=TEXT),
        included=many(ANYTHING),
    ),
    "SentEvent": record(
        "data",
        data=record(
            "attributes", id=UUID, type={"const": "events"}, attributes={"type": "object", "properties": _SENT}
        ),
    ),
    "Header": record(
        "report-name report-id release created created-by reporting-period",
        report_name=TEXT,
        report_id=TEXT,
        release={"const": "rd1"},
        created=DATE,
        created_by=TEXT,
        reporting_period=_PERIOD,
        report_filters={"type": "array"},
        report_attributes={"type": "array"},
        exceptions={"type": "array"},
    ),
    "Dataset": record(
        "dataset-title dataset-id platform publisher publisher-id data-type uri yop performance",
        dataset_title=TEXT,
        dataset_id=many(_IDENTIFIER),
        platform=TEXT,
        publisher=TEXT,
        publisher_id=many(_IDENTIFIER),
        data_type=TEXT,
        uri=TEXT,
        yop=TEXT,
        performance=many(record("period instance", period=_PERIOD, instance=many(_INSTANCE))),
    ),
    "SentReport": record(
        "report-header report-datasets", report_header=ref("Header"), report_datasets=many(ref("Dataset"))
    ),
    "State": {"enum": ["waiting", "valid", "not_valid"]},
    "Report": record(
        "id report-header state", id=UUID, report_header=ANYTHING, state=ref("State"), exceptions=many(ANYTHING)
    ),
    "OneReport": record("report", report=ref("Report")),
    "Reports": record(
        "reports meta",
        reports=many(ref("Report")),
        meta=record("total total-pages page", total=COUNT, total_pages=COUNT, page=COUNT),
    ),
    "Subset": record("report-subset", report_subset=record("gzip checksum state", gzip=TEXT, checksum=TEXT)),
    "Counts": record("data", data=record("id attributes", id=TEXT, attributes=ANYTHING)),
}
