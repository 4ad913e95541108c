"""The dashboard's queries, and the tests for promtool that run each of them."""

import json
import os
import re

from rules import ROOT, read

DASHBOARD = os.path.join(ROOT, "deploy", "grafana", "headwater.json")
SERIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "series.txt")

# What Grafana puts in place of its variables.
VARIABLES = {"$namespace": ".*", "$relay": ".*", "$__rate_interval": "5m", "$__range": "1h"}

# Every series gets the labels that a scrape in Kubernetes adds.
SCRAPED = 'namespace="shop",job="headwater",instance="a",'


def load():
    return json.loads(read(DASHBOARD))


def panels(dashboard):
    """All panels, with those inside rows."""
    return [found for panel in dashboard["panels"] for found in (panel, *panel.get("panels", []))]


def inserted(expression):
    for name in sorted(VARIABLES, key=len, reverse=True):
        expression = expression.replace(name, VARIABLES[name])
    return expression


def queries(dashboard):
    """(title, expression as Grafana sends it, legend) of every query."""
    return [(panel["title"], inserted(target["expr"]), target.get("legendFormat", ""))
            for panel in panels(dashboard) for target in panel.get("targets", [])]


def series():
    """(series, values) of series.txt."""
    return [tuple(line.rsplit(" ", 1)) for line in read(SERIES).splitlines() if line and not line.startswith("#")]


def scraped(name):
    return name.replace("{", "{" + SCRAPED, 1)


def returns_something(expression, legend):
    """A test for promtool: at one hour, the expression returns at least one series, with every label of the legend."""
    labels = sorted(set(re.findall(r"{{(\w+)}}", legend)))
    for label in labels:
        expression = f'label_replace({expression}, "has_{label}", "yes", "{label}", ".+")'
    by = ", ".join(f"has_{label}" for label in labels)
    wanted = ", ".join(f'has_{label}="yes"' for label in labels)
    return (f"      - expr: {json.dumps(f'count by ({by}) ({expression}) > bool 0')}\n        eval_time: 1h\n"
            f"        exp_samples: [{{ labels: {json.dumps('{' + wanted + '}')}, value: 1 }}]\n")


def promtool_tests(found):
    given = "".join(f"      - {{ series: {json.dumps(scraped(name))}, values: {json.dumps(values)} }}\n" for name, values in series())
    asked = "".join(returns_something(expression, legend) for _, expression, legend in found)
    head = "evaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n"
    return f"{head}{given}    promql_expr_test:\n{asked}"
