"""A usage report as it comes in, plain or compressed, and what is rejected at once (usage.md 1.4 to 1.6)."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

import falcon

from doitui.web.common import bodies
from doitui.web.common.refusals import raise_titles, refusal
from doitui_core.usage_reports import rules

# Bytes. 50,000 datasets with eight counts each are about 65 MB.
MAX_INFLATED = 128 * 1024 * 1024

_JSON = ("application/json", "text/x-json", "application/jsonrequest", "application/vnd.api+json")
_ACCEPTED = frozenset((*_JSON, "gzip", "application/gzip"))


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted report. Its header is valid; the datasets of a compressed one are not validated yet."""

    header: dict[str, Any]
    datasets: list[Any]
    compressed: bytes | None  # gzip, as it came; None for plain JSON

    @property
    def created_by(self) -> str:
        """Who made the report."""
        return str(self.header["created-by"])

    @property
    def year(self) -> int:
        """The year the report is about."""
        return rules.period(self.header)[0].year

    @property
    def month(self) -> int:
        """The month, 1 to 12."""
        return rules.period(self.header)[0].month


def read_submission(req: falcon.Request) -> Submission:
    """The request's report. Raises 400, 406, 413, 415 and Invalid."""
    _check_media_types(req)
    body, encoding = bodies.received(req, bodies.MAX_RECEIVED), bodies.encoding(req)
    report = _dashed(bodies.parse(bodies.inflate(body, encoding, MAX_INFLATED)))
    header = report.get("report-header")
    if not isinstance(header, dict):
        raise refusal(400, "param is missing or the value is empty: report-header")
    report["report-header"] = header = _dashed(header)
    if header.get("release") != rules.RELEASE:
        raise_titles(["Report protocol is incorrect"])
    if not encoding:
        return _plain(report)
    if encoding == "deflate":
        body = gzip.compress(bodies.inflate(body, encoding, MAX_INFLATED))
    return _compressed(report, body)


def subset_document(header: dict[str, Any], compressed: bytes) -> dict[str, Any]:
    """A stored part as a document to validate, with the header of its report."""
    report = _dashed(bodies.parse(bodies.inflate(compressed, "gzip", MAX_INFLATED)))
    return {"report-header": header, "report-datasets": report.get("report-datasets")}


def _plain(report: dict[str, Any]) -> Submission:
    header = report["report-header"]
    titles = [f"found unpermitted parameter: :{name}" for name in rules.unpermitted(report)]
    if rules.says_compressed(header):
        titles.append(f"exception {rules.COMPRESSED} is for reports that come with Content-Encoding: gzip")
    raise_titles([*titles, *rules.errors(report)])
    return Submission(header, report["report-datasets"], None)


def _compressed(report: dict[str, Any], compressed: bytes) -> Submission:
    """Without exception 69 DataCite treats it as a plain report, which then has no datasets."""
    header, datasets = report["report-header"], report.get("report-datasets")
    titles = rules.header_errors(header)
    if not rules.says_compressed(header):
        titles.append(f"report-datasets: can't be blank (a compressed report needs exception {rules.COMPRESSED})")
    if isinstance(datasets, list) and len(datasets) > rules.MAX_DATASETS:
        titles.append(f"report-datasets: {len(datasets)} are more than {rules.MAX_DATASETS}")
    raise_titles(titles)
    return Submission(header, datasets if isinstance(datasets, list) else [], compressed)


def _dashed(value: Any) -> dict[str, Any]:
    """Keys of the report and of its header may be written with underscores."""
    return {name.replace("_", "-"): item for name, item in value.items()} if isinstance(value, dict) else {}


def _check_media_types(req: falcon.Request) -> None:
    """Raises 415 and 406. Accepts what existing clients send, `Accept: gzip` included."""
    sent = _base(req.content_type or "application/json")
    if sent not in _ACCEPTED:
        raise refusal(415, f"{sent} is not supported: send application/json, or application/gzip with Content-Encoding")
    accepted = {_base(one) for one in (req.get_header("Accept") or "*/*").split(",")}
    if not accepted & (_ACCEPTED | {"*/*", "application/*"}):
        raise refusal(406)


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
