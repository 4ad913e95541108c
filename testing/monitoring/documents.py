"""What the documents say: the metrics of docs/cli.md and docs/consumers.md, the commands, the sections of docs/alerts.md."""

import os
import re

from rules import ROOT, read

CLI = os.path.join(ROOT, "docs", "cli.md")
CONSUMERS = os.path.join(ROOT, "docs", "consumers.md")
MANUAL = os.path.join(ROOT, "docs", "alerts.md")

HISTOGRAM = ("_bucket", "_sum", "_count")


def metrics():
    """The metrics in the tables of docs/cli.md and docs/consumers.md, each with whether it is a histogram."""
    found = {}
    for document in (CLI, CONSUMERS):
        section = re.search(r"^### Metrics\n(.*?)(?=^##+ |\Z)", read(document), re.MULTILINE | re.DOTALL).group(1)
        table = section[section.index("| metric | meaning |") :].split("\n\n")[0]
        for row in table.splitlines()[2:]:
            names, meaning = row.strip("| ").split(" | ", 1)
            for name in re.findall(r"`(headwater_\w+)", names):
                found[name] = "histogram" in meaning
    return found


def named_in(expression):
    """The names of Headwater's metrics in an expression."""
    return set(re.findall(r"\bheadwater_\w+", expression))


def unknown(names, known):
    """Those names that no metric in `known` has. Prometheus adds an ending to a histogram's name."""
    endings = {name + ending for name, histogram in known.items() if histogram for ending in HISTOGRAM}
    plain = {name for name, histogram in known.items() if not histogram}
    return sorted(names - endings - plain)


def commands():
    return set(re.findall(r"^## ([\w-]+)$", read(CLI), re.MULTILINE))


def sections():
    """The anchors of docs/alerts.md, with their text."""
    parts = re.split(r"^## (.*)$", read(MANUAL), flags=re.MULTILINE)
    return {title.lower().replace(" ", "-"): text for title, text in zip(parts[1::2], parts[2::2])}
