"""Who came: a person (regular), a script (machine), or a robot, whose visits do not count. COUNTER CoP RD 10.5, 10.6.

Tools are looked for first. The robots list has general tools on it (curl, python, java), which the Code of Practice for
Research Data forbids; with it alone all use by scripts would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

from doitui_core.domain.counter_terms import MACHINE, REGULAR, ROBOT
from doitui_core.errors import BadInput

#: Tools that came after the list of machines (Make Data Count, 2018), or that it names too narrowly.
TOOLS = (
    r"\bjava/",
    r"^R[ /(]",
    r"^node\b",
    r"\b(aiohttp|axios|bun|curl|deno|faraday|fsspec|got|guzzlehttp|httpie|httpx|jersey|julia|matlab|mechanize)/",
    "httpasyncclient|node-fetch|node-superagent|okhttp|postmanruntime|powershell|reactornetty|reqwest|restsharp",
    r"\bhttr2?\b|rcurl|rvest|typhoeus|undici|\bureq\b",
)

#: Crawlers and agents of AI services that COUNTER's list (2024) does not know yet (ai.robots.txt, 2026). Names that are
#: everyday words are left out.
AI_CRAWLERS = (
    "agenttimes|amazon-kendra|amazonbuyforme|amzn-user|anthropic-ai|awario|bigsur\\.ai|chatgpt|claude-code|claude-user",
    "claude-web|cloudflare-autorag|cohere-ai|cotoyogi|\\bdevin/|facebookexternalhit|geisthaus|gemini-deep-research",
    "img2dataset|kagi-fetcher|kimi-user|laion-huggingface|laiondownloader|manus-user|meta-external|meta-webindexer",
    "mistralai-user|newsai|notebooklm|novaact|omgili|openai|opencode|perplexity|poggio-citations|scrapy|shap-user",
    "terra ?cotta|twinagent|useai|webzio",
)

#: Patterns of COUNTER's list that, matched without case, would take phones for robots: CUBOT and Motorola.
NARROWED = {"bot": "(?<!cu)bot", "motor": "motor(?!ola)"}

#: Agents remembered: a log has far fewer than lines, and one look at the lists takes about 0.3 ms.
REMEMBERED = 16_384

#: How logs write "no user agent".
NO_AGENT = frozenset({"", "-"})


class Agents:
    """`agents.of(user_agent)`: regular, machine or robot, by two lists of expressions searched for anywhere in it."""

    def __init__(self, tools: Sequence[re.Pattern[str]], robots: Sequence[re.Pattern[str]]) -> None:
        self._tools = tools
        self._robots = robots
        self.classify: Callable[[str], str] = lru_cache(REMEMBERED)(self._classify)

    def _classify(self, agent: str) -> str:
        if agent in NO_AGENT or any(pattern.search(agent) for pattern in self._tools):
            return MACHINE
        return ROBOT if any(pattern.search(agent) for pattern in self._robots) else REGULAR


def load(robots_file: str = "", *, robots: Path | None = None, tools: Path | None = None) -> Agents:
    """Our lists; `robots_file` (one regular expression a line, matched without case) adds to the robots.

    `robots`, `tools`: files that replace our lists, matched as written. Raises `BadInput` for one that cannot be used.
    """
    return Agents(
        [_joined(_lines(tools))] if tools else [_joined([*_packaged("machine.txt"), *TOOLS], re.IGNORECASE)],
        [_joined(_lines(robots))] if robots else _robots(robots_file),
    )


def _robots(robots_file: str) -> list[re.Pattern[str]]:
    counters = [NARROWED.get(pattern, pattern) for pattern in _packaged("robot.txt")]
    own = _lines(Path(robots_file)) if robots_file else []
    return [_joined(patterns, re.IGNORECASE) for patterns in ([*counters, *AI_CRAWLERS], own)]


def _packaged(name: str) -> list[str]:
    text = (resources.files("counter_robots") / "data" / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"the list of agents {path} cannot be read: {reason}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            found.append(_checked(line.strip(), f"{path}:{number}"))
    return found


def _checked(pattern: str, place: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadInput(f"{place}: {pattern!r} is no regular expression: {error}") from error
    return pattern


def _joined(patterns: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """One expression for all of them; one that matches nothing for none."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)", flags)
