"""A digest: one mail on the results of a run over many DOIs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from doitui_core.clock import iso
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.notify import notices, pending_results
from doitui_core.text import plural

#: DOIs named for each cause.
NAMED = 20

#: Where results can be seen, by cause; of other causes in the list of failed jobs.
LISTS = {
    "left_out": "doitui record check --all",
    "metadata": "doitui record check --all",
    "mismatch": "doitui doi list --state mismatch",
}
FAILED, REGISTERED = "doitui queue list --state failed", "doitui doi list"


@dataclass(frozen=True, slots=True)
class DigestLine:
    """The result of a run for one DOI. `status`: OPUS's word or ours. `cause`: why it failed, else empty. `recovered`:
    it had failed before this run. `waits`: the worker tries it again.
    """

    doi: str
    url: str
    status: str
    cause: str = ""
    error: str = ""
    recovered: bool = False
    object_id: str = ""
    waits: bool = False

    def __str__(self) -> str:
        """As OPUS writes it: `DOI URL STATUS[ error]`."""
        return " ".join(filter(None, (self.doi, self.url, self.status, self.error)))


@dataclass
class Digest:
    """A bulk or cron run: its name ("DOI registration"), a unique `key`, and its results.

    `doi_ids`: the DOIs it reports on; operations get no other mail about them. `to`: settings whose addresses get it.
    """

    what: str
    key: str
    lines: list[DigestLine] = field(default_factory=list)
    doi_ids: Collection[int] = ()
    to: tuple[str, ...] = ("notification_email",)


def report(run: Digest, config: Config | None = None) -> bool:
    """Report the results of a run by one mail, if the settings enable that and it has any. Inside `database.write()`;
    returns whether there is a new notice.

    `config`: whose settings are used; None: the global ones, for a run over all repositories.
    """
    config = config or notices.config_of(0)
    recipients = [address for name in run.to for address in _recipients(config, name)]
    if not run.lines or not recipients:
        return False
    failures = [line for line in run.lines if line.cause]
    recovered = [line for line in run.lines if line.recovered and not line.cause]
    succeeded = [line for line in run.lines if not line.recovered and not line.cause]
    causes = {line.cause for line in failures}
    kinds = Counter((line.cause, line.waits) for line in failures).most_common()
    groups = [
        (
            head(cause, number, waits=waits),
            [line for line in failures if (line.cause, line.waits) == (cause, waits)],
        )
        for (cause, waits), number in kinds
    ]
    groups += [(f"{len(recovered)} recovered", recovered)] * bool(recovered)
    groups += [(f"{len(succeeded)} succeeded", succeeded)] * bool(succeeded)
    sums = [f"{len(failures)} failed ({plural(len(causes), 'cause')})"] * bool(failures)
    summary = ", ".join(sums + [name for name, _ in groups[len(kinds) :]])
    subject = f"{run.what}{_about_one(run)}: {summary}"
    text = [f"{run.what}, {iso(database.now())}: {plural(len(run.lines), 'DOI')}, {summary}."]
    for name, lines in groups:
        text += ["", name, *list_lines(lines, len(lines))]
    text += ["", look(line.cause for line in failures if not line.waits)]
    stored = notices.put(config, f"digest:{run.key}", recipients, subject, text)
    if stored:
        pending_results.forget(run.doi_ids, recipients)
    return stored


def _recipients(config: Config, name: str) -> list[str]:
    wanted = notices.can_send(config) and (name != "notification_email" or notices.wants_digests(config))
    return notices.listed(config, name) if wanted else []


def head(cause: str, number: int, *, waits: bool = False) -> str:
    """The line above the failures of one cause: how many, and what to do."""
    return f"{number} x {notices.cause_text(cause)}: {'tried again by itself' if waits else notices.advice(cause)}"


def list_lines(lines: Sequence[object], number: int) -> list[str]:
    """The first lines of a group, and how many more of its `number` there are."""
    more = [f"  … and {number - NAMED} more"] * (number > NAMED)
    return [f"  {line}" for line in lines[:NAMED]] + more


def look(causes: Iterable[str]) -> str:
    """The commands that list what failed for these causes; without any, all DOIs."""
    commands = dict.fromkeys(LISTS.get(cause, FAILED) for cause in sorted(set(causes)))
    return f"Details: {'; '.join(commands) or REGISTERED}"


def _about_one(run: Digest) -> str:
    """DOI and record of a run with a single DOI."""
    if len(run.lines) > 1:
        return ""
    return f" of {run.lines[0].doi} {run.lines[0].object_id}".rstrip()
