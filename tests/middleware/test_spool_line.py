"""A line says what was put in, and nothing else is a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_middleware.spool_line import LONGEST_AGENT, LONGEST_KEY, LONGEST_LINE, BadLine, Hit, decode, encode

HIT = Hit(
    1_793_000_000_123_456, "h", "view", "object_id", "12", "/records/12?page=2", 200, "address", "ab" * 12, "curl/8"
)

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)

hits = st.builds(
    Hit,
    time=st.integers(0, 2**62),
    repository=st.text(st.characters(exclude_categories=["Cs"]), max_size=64),
    kind=st.sampled_from(["view", "download"]),
    key_kind=st.sampled_from(["object_id", "doi"]),
    key=ANY_TEXT,
    url=st.text("abc/%?=&-._~", max_size=1024),
    status=st.sampled_from([200, 206, 304, 500]),
    actor_kind=st.sampled_from(["user", "session", "address"]),
    actor=st.text("0123456789abcdef", min_size=24, max_size=24),
    agent=ANY_TEXT,
)


@given(hits)
def test_what_is_written_is_read_back(hit: Hit) -> None:
    assert decode(encode(hit)) == hit._replace(key=hit.key[:LONGEST_KEY], agent=hit.agent[:LONGEST_AGENT])


@given(hits)
def test_a_line_is_printable_ascii_of_one_line(hit: Hit) -> None:
    line = encode(hit)
    assert line.endswith(b"\n")
    assert set(line[:-1]) <= {9, *range(32, 127)}


@given(hits)
def test_no_line_is_longer_than_a_reader_expects(hit: Hit) -> None:
    longest = hit._replace(key="\U0001f4d6" * 999, agent="\U0001f4d6" * 999, url="/" * 1024)
    assert len(encode(longest)) <= LONGEST_LINE


@given(hits, st.data())
def test_a_torn_line_is_none(hit: Hit, data: st.DataObject) -> None:
    line = encode(hit)[:-1]
    with pytest.raises(BadLine, match="torn"):
        decode(line[: data.draw(st.integers(0, len(line) - 1))])


@given(hits, st.data())
def test_a_changed_byte_is_seen(hit: Hit, data: st.DataObject) -> None:
    line = bytearray(encode(hit)[:-1])
    line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadLine):
        decode(bytes(line))


@pytest.mark.parametrize("line", [b"", b"\n", b"\t", b"GET / HTTP/1.1", b"00000000\t", b"\xff\xfe\n"])
def test_a_foreign_line_is_none(line: bytes) -> None:
    with pytest.raises(BadLine):
        decode(line)


def test_a_line_of_a_newer_middleware_says_what_to_do() -> None:
    from zlib import crc32

    body = b"3\tsomething\telse"
    with pytest.raises(BadLine, match=r"version '3'.*upgrade"):
        decode(b"%d\t%b" % (crc32(body), body))


@given(hits)
def test_a_line_of_the_first_version_is_read(hit: Hit) -> None:
    from zlib import crc32

    body = b"1\t" + encode(hit)[:-1].split(b"\t", 2)[2]
    assert decode(b"%08x\t%b\n" % (crc32(body), body)) == decode(encode(hit))


def test_a_right_checksum_over_wrong_fields_is_no_line() -> None:
    from zlib import crc32

    body = b"2\tonly\tthree"
    with pytest.raises(BadLine, match="fields"):
        decode(b"%d\t%b" % (crc32(body), body))


def test_a_percent_sign_is_not_taken_for_an_escape() -> None:
    assert decode(encode(HIT._replace(agent="%41", key="%0A")))[4::5] == ("%0A", "%41")


def test_a_tab_in_an_agent_forges_no_field() -> None:
    assert decode(encode(HIT._replace(agent="x\t200\tuser\nnext"))).agent == "x\t200\tuser\nnext"


@pytest.mark.parametrize(("status", "taken_back"), [(200, False), (206, False), (304, False), (500, True), (404, True)])
def test_a_status_that_is_no_success_takes_back(status: int, taken_back: bool) -> None:
    assert HIT._replace(status=status).taken_back is taken_back


def test_the_line_is_as_documented() -> None:
    assert encode(HIT).partition(b"\t")[2] == (
        b"2\t1793000000123456\th\tview\tobject_id\t12\t/records/12?page=2\t200\taddress\t" + b"ab" * 12 + b"\tcurl/8\n"
    )
