"""`/ra/{names}`: doi.org's "Which RA?" service, which names the registration agency of a DOI or prefix.

An agency is the prefix's. The sandbox's own prefixes are DataCite's; of others it knows one or two for each agency.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import falcon

from doitui.web.common.accounts import Accounts

DATACITE = "DataCite"

#: What doi.org knows of some prefixes.
AGENCIES: Mapping[str, str] = {
    "10.1000": "Crossref",
    "10.1016": "Crossref",
    "10.1038": "Crossref",
    "10.1126": "Crossref",
    "10.1371": "Crossref",
    "10.7554": "Crossref",
    "10.13039": "Crossref",
    "10.5061": DATACITE,
    "10.5281": DATACITE,
    "10.5438": DATACITE,
    "10.1430": "mEDRA",
    "10.11467": "JaLC",
    "10.3743": "KISTI",
    "10.2777": "OP",
    "10.7666": "ISTIC",
    "10.13336": "CNKI",
    "10.6220": "Airiti",
    "10.5240": "EIDR",
}

_NAME = re.compile(r"(10(?:\.\d+)+)(?:/.+)?", re.ASCII | re.DOTALL)


class Agencies:
    """The agencies of the prefixes of `accounts`, and of those in `agencies`."""

    def __init__(self, accounts: Accounts, agencies: Mapping[str, str] = AGENCIES) -> None:
        self._agencies = {**agencies, **dict.fromkeys(accounts.prefixes, DATACITE)}

    def of(self, prefix: str) -> str:
        """Empty for an unknown prefix."""
        return self._agencies.get(prefix, "")


class AgencyResource:
    """`/ra/{names}` and its older address `/doiRA/{names}`, for everybody."""

    def __init__(self, agencies: Agencies) -> None:
        self._agencies = agencies

    def on_get(self, _req: falcon.Request, resp: falcon.Response, names: str) -> None:
        """200 and for each of the DOIs or prefixes, separated by commas, its agency or why there is none. DOIs with
        commas, which doi.org takes escaped, are not understood.
        """
        resp.content_type = falcon.MEDIA_JSON
        resp.data = json.dumps([self._answer(name) for name in names.split(",")]).encode()

    def _answer(self, name: str) -> dict[str, str]:
        found = _NAME.fullmatch(name)
        if found is None:
            return {"DOI": name, "status": "Invalid DOI"}
        agency = self._agencies.of(found[1])
        return {"DOI": name, "RA": agency} if agency else {"DOI": name, "status": "DOI does not exist"}
