r"""One line of the spool: a view or a download that the site has answered, or the taking back of one. Pure.

    checksum  version  time  repository  kind  key_kind  key  url  status  actor_kind  actor  agent  \n

Twelve fields with a tab between, printable ASCII only:

| field | what it holds |
|---|---|
| checksum | CRC-32 of everything after the first tab, without the newline; a decimal number |
| version | of this format: `2`. In `1`, which is read as well, the checksum has 8 lower-case hexadecimal digits |
| time | microseconds since 1970, UTC, as the core keeps times |
| repository | its code; empty when the site did not say, that is: the only one |
| kind | `view` (an investigation) or `download` (a request) |
| key_kind | `object_id` or `doi`: what the key is |
| key | the object id or the DOI as it stood in the URL or the header, not folded |
| url | path and query as asked for, percent-encoded, without parameters that carry secrets |
| status | `200`, `206` or `304`; any other takes a line back, see below |
| actor_kind | `user` (signed in), `session` (a cookie) or `address` (IP address, agent and hour) |
| actor | keyed hash of that actor, 24 hexadecimal digits, comparable within one UTC day and one site |
| agent | the User-Agent header, at most 256 characters; empty without one |

Repository, key and agent are escaped: `%` and whatever is not printable ASCII stand as `%XX` of their UTF-8 bytes.

**Taken back.** A site may answer 200 and then, before anything was sent, change to 500 (PEP 3333, `exc_info`). The
second line repeats the first with the new status: the hit with the same time, actor and URL is not one. The two stand
in this order, in one file or in two files of one process.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote
from zlib import crc32

from doitui_middleware.text_cache import TextCache

VERSION = "2"
READABLE = frozenset({"1", VERSION})

#: The kinds of a hit: COUNTER's investigation and request.
VIEW, DOWNLOAD = "view", "download"

#: What a key may be.
OBJECT_ID, DOI = "object_id", "doi"

#: Who acted, the best first (COUNTER CoP RD 10.2).
USER, SESSION, ADDRESS = "user", "session", "address"

#: Answers that stand. COUNTER CoP RD 10.1 names 200 and 304; a 206 that begins at byte 0 is ours.
SUCCESSFUL = frozenset({200, 206, 304})

#: No line is longer, so that a reader need not look further for its end.
LONGEST_LINE = 16_384

LONGEST_AGENT, LONGEST_KEY, LONGEST_URL = 256, 512, 1024

#: Printable ASCII without `%`. A tab or a newline from a request would forge fields or lines.
_SAFE = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


class BadLine(ValueError):
    """Not a line of ours: torn, foreign, or of a version this reader does not know. Its text says which."""


class Hit(NamedTuple):
    """The fields of a line after the checksum and the version, read."""

    time: int
    repository: str
    kind: str
    key_kind: str
    key: str
    url: str
    status: int
    actor_kind: str
    actor: str
    agent: str

    @property
    def taken_back(self) -> bool:
        """Whether this line takes back an earlier one, of the same time, actor and URL."""
        return self.status not in SUCCESSFUL


def encode(hit: Hit) -> bytes:
    """The line of a hit, with its newline. The URL comes percent-encoded (`spool_url.stored_url`), the rest is escaped
    here.
    """
    time, repository, kind, key_kind, key, url, status, actor_kind, actor, agent = hit
    return joined(time, escaped(repository), subject(kind, key_kind, key), url, str(status), actor_kind, actor, agent)


def joined(
    time: int, repository: str, what: str, url: str, status: str, actor_kind: str, actor: str, agent: str
) -> bytes:
    """The line of a hit, `repository` given `escaped` and `what` it used as a `subject`: the same for many."""
    agent = _escaped_agents[agent[:LONGEST_AGENT]]
    body = f"{VERSION}\t{time}\t{repository}\t{what}\t{url}\t{status}\t{actor_kind}\t{actor}\t{agent}"
    return f"{crc32(body.encode())}\t{body}\n".encode()


def subject(kind: str, key_kind: str, key: str) -> str:
    """The three fields that say what was used, `key` escaped."""
    return f"{kind}\t{key_kind}\t{escaped(key)}"


def decode(line: bytes) -> Hit:
    """The hit of a line, with or without its newline. Raises `BadLine`."""
    checksum, _, body = line.rstrip(b"\n").partition(b"\t")
    if checksum != b"%d" % crc32(body) and checksum != b"%08x" % crc32(body):
        raise BadLine("the checksum is wrong: torn, or not a line of ours")
    text = body.decode("ascii", "replace")
    fields = text.split("\t")
    if fields[0] not in READABLE:
        raise BadLine(f"version {fields[0]!r}, this reader knows {VERSION}: upgrade doitui where the spool is drained")
    try:
        _, time, repository, kind, key_kind, key, url, status, actor_kind, actor, agent = fields
        if "%" in text:
            repository, key, agent = unquote(repository), unquote(key), unquote(agent)
        return Hit(int(time), repository, kind, key_kind, key, url, int(status), actor_kind, actor, agent)
    except ValueError as error:
        raise BadLine(f"the fields are wrong ({error}): not a line of ours") from error


def escaped(text: str) -> str:
    """At most `LONGEST_KEY` characters of `text`, as they stand in a line."""
    return quote_from_bytes(text[:LONGEST_KEY].encode("utf-8", "replace"), safe=_SAFE)


_escaped_agents = TextCache(escaped)
