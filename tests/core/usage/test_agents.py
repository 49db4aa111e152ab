"""Who is a machine, who a robot, who a person. COUNTER CoP RD 10.5, 10.6."""

from __future__ import annotations

from pathlib import Path

import pytest

from doitui_core.errors import BadInput
from doitui_core.usage import agents

OURS = agents.load()

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "-",
        "curl/8.5.0",
        "Wget/1.21.4",
        "python-requests/2.32",
        "python-httpx/0.27",
        "Python/3.11 aiohttp/3.9",
        "Java/17",
        "Java/1.8.0_292",
        "Apache-HttpClient/4.5 (Java/11)",
        "okhttp/4.12.0",
        "R (4.3.1 x86_64-pc-linux-gnu x86_64 linux-gnu)",
        "R/4.3.1",
        "libcurl/8.1 r-curl/5.2 httr/1.4",
        "Go-http-client/2.0",
        "axios/1.6",
        "node-fetch",
        "CURL/8.5.0",
    ],
)
def test_tools_and_no_agent_at_all_are_machines(agent: str) -> None:
    assert OURS.classify(agent) == "machine"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "BINGBOT/2.0",
        "Mozilla/5.0 HeadlessChrome/120.0",
        "GPTBot/1.2",
        "ChatGPT-User/1.0",
        "Mozilla/5.0 (compatible; Claude-User/1.0)",
        "Perplexity-User/1.0",
        "meta-externalagent/1.1",
        "CCBot/2.0",
        "Bytespider",
    ],
)
def test_robots_are_known_in_any_case_and_so_are_ai_crawlers(agent: str) -> None:
    assert OURS.classify(agent) == "robot"


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0",
        CHROME.replace("X11; Linux x86_64", "Linux; Android 9; CUBOT X20"),
        CHROME.replace("X11; Linux x86_64", "Linux; Android 12; Motorola Edge 20"),
        "Something Nobody Knows/1.0",
    ],
)
def test_browsers_phones_and_strangers_are_regular(agent: str) -> None:
    assert OURS.classify(agent) == "regular"


def test_an_operators_own_file_adds_robots_and_is_matched_without_case(tmp_path: Path) -> None:
    own = tmp_path / "robots.txt"
    own.write_text("# ours\n\nhollin-monitor\n", encoding="utf-8")
    found = agents.load(str(own))
    assert (found.classify("Hollin-Monitor/1"), found.classify("GPTBot/1"), found.classify(CHROME)) == (
        "robot",
        "robot",
        "regular",
    )


def test_a_replaced_list_is_matched_as_written(tmp_path: Path) -> None:
    robots, tools = tmp_path / "robots", tmp_path / "machines"
    robots.write_text("bot\n", encoding="utf-8")
    tools.write_text("curl\n", encoding="utf-8")
    found = agents.load(robots=robots, tools=tools)
    told = [found.classify(agent) for agent in ("a bot", "BOT", "curl/8", "Curl", "Wget/1", "")]
    assert told == ["robot", "regular", "machine", "regular", "regular", "machine"]


def test_one_list_replaced_leaves_the_other(tmp_path: Path) -> None:
    robots = tmp_path / "robots"
    robots.write_text("", encoding="utf-8")
    found = agents.load(robots=robots)
    assert (found.classify("Googlebot"), found.classify("curl/8")) == ("regular", "machine")


def test_a_pattern_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    robots = tmp_path / "robots"
    robots.write_text("bot\n(oops\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"robots:2: '\(oops' is no regular expression"):
        agents.load(robots=robots)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere cannot be read: No such file"):
        agents.load(robots=tmp_path / "nowhere")
