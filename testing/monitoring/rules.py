"""The alert rules as text: their parts, broken variants, and the same rules as an object for the Prometheus operator.

Run as a program, it writes deploy/prometheus/prometheusrule.yaml from alerts.yaml. The files are read line by line, in
the form that alerts.yaml has, so that the tests need no YAML library; promtool checks that they are YAML.
"""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "deploy", "prometheus")
ALERTS = os.path.join(FOLDER, "alerts.yaml")
TESTS = os.path.join(FOLDER, "alerts_test.yaml")
OBJECT = os.path.join(FOLDER, "prometheusrule.yaml")

HEAD = """\
# alerts.yaml as an object for the Prometheus operator. Written from it by `python3 testing/monitoring/rules.py`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: headwater
  labels: { app.kubernetes.io/name: headwater } # and those that your Prometheus' ruleSelector asks for
spec:
"""

RULE = re.compile(r"^      - alert: (\w+)\n(?:^        .*\n|^\n)*", re.MULTILINE)
EXPRESSION = re.compile(r"^        expr:(?: \|)?((?: .*)?\n(?:^ {10,}.*\n)*)", re.MULTILINE)
ANNOTATION = re.compile(r"^          (\w+): '(.*)'$", re.MULTILINE)
TEST = re.compile(r"^  - name: '(.*)'\n(?:^    .*\n|^\n)*", re.MULTILINE)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def as_object(alerts):
    return HEAD + re.sub(r"^(?=.)", "  ", alerts, flags=re.MULTILINE)


class Rule:
    """One rule, from its text in alerts.yaml."""

    def __init__(self, text):
        self.alert = RULE.match(text).group(1)
        self.expression = EXPRESSION.search(text).group(1).strip()
        self.severity = re.search(r"^          severity: (\w+)$", text, re.MULTILINE).group(1)
        self.wait = re.search(r"^        for: (\w+)$", text, re.MULTILINE).group(1)
        self.annotations = dict(ANNOTATION.findall(text))
        self.name = f"{self.alert} {self.severity}"


def rules(alerts):
    return [Rule(match.group(0)) for match in RULE.finditer(alerts)]


def broken(alerts, severity, change):
    """alerts.yaml with the text of every rule of this severity changed: one rule of each alert at the most."""
    def changed(match):
        text = match.group(0)
        return change(text) if Rule(text).severity == severity else text

    return RULE.sub(changed, alerts)


def never_fires(text):
    return EXPRESSION.sub("        expr: vector(1) > 1\n", text)


def always_fires(text):
    return EXPRESSION.sub("        expr: vector(1)\n", text)


def does_not_wait(text):
    return re.sub(r"^        for: .*$", "        for: 0m", text, flags=re.MULTILINE)


def chosen_tests(tests, kind):
    """A test file with only the tests of this kind, and how many these are. The kind ends the name before its colon."""
    kept = [match.group(0) for match in TEST.finditer(tests) if match.group(1).split(":")[0].endswith(kind)]
    return tests[: TEST.search(tests).start()] + "".join(kept), len(kept)


if __name__ == "__main__":
    with open(OBJECT, "w", encoding="utf-8") as written:
        written.write(as_object(read(ALERTS)))
