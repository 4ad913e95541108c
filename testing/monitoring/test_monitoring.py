"""The alert rules and the dashboard of deploy/, tested with promtool and compared with the documents."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import dashboard
import documents
import rules

PATH = os.pathsep.join([os.environ["PATH"], os.path.join(rules.ROOT, "build", "servers", "usr", "bin")])
PROMTOOL = shutil.which("promtool", path=PATH)


class Promtool(unittest.TestCase):
    def setUp(self):
        if PROMTOOL is None:
            self.skipTest("promtool is not installed; ./dev servers unpacks it")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def promtool(self, *arguments):
        return subprocess.run([PROMTOOL, *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                              timeout=300)

    def run_tests(self, alerts, tests):
        """Runs `promtool test rules` on these texts."""
        self.write("alerts.yaml", alerts)
        self.write("alerts_test.yaml", tests)
        return self.promtool("test", "rules", "alerts_test.yaml")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def passed(self, run):
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def failed(self, run, why):
        """It failed because an alert or a sample was another than expected, not because a file was wrong."""
        self.assertNotEqual(run.returncode, 0, why)
        self.assertRegex(run.stdout + run.stderr, r"\bexp:", why)


class Rules(Promtool):
    """deploy/prometheus/alerts.yaml, and its tests."""

    def setUp(self):
        super().setUp()
        self.alerts, self.tests = rules.read(rules.ALERTS), rules.read(rules.TESTS)
        self.rules = rules.rules(self.alerts)

    def all_noticed(self, change, kind, concerned=lambda rule: True):
        """If all rules of a severity are changed so, a test of this kind fails for each of them."""
        for severity in ("critical", "warning"):
            tests, _ = rules.chosen_tests(self.tests, f"{severity} {kind}")
            run = self.run_tests(rules.broken(self.alerts, severity, change), tests)
            self.failed(run, f"every test of kind {severity} {kind} passes")
            failed = re.findall(r"^    name: (.*?):", run.stdout + run.stderr, re.MULTILINE)
            for rule in self.rules:
                if rule.severity == severity and concerned(rule):
                    with self.subTest(rule.name):
                        self.assertIn(f"{rule.name} {kind}", failed, "alerts_test.yaml does not notice the change")

    def test_promtool_accepts_the_rules(self):
        run = self.promtool("check", "rules", "--lint=all", "--lint-fatal", rules.ALERTS)
        self.passed(run)
        self.assertIn(f"{len(self.rules)} rules found", run.stdout, "rules.py reads other rules than promtool")

    def test_the_rules_pass_their_tests(self):
        self.passed(self.run_tests(self.alerts, self.tests))

    def test_every_rule_fires_in_a_test(self):
        self.all_noticed(rules.never_fires, "fires")

    def test_every_rule_stays_quiet_in_a_neighbouring_test(self):
        self.all_noticed(rules.always_fires, "quiet")

    def test_every_rule_that_waits_stays_quiet_until_then(self):
        self.all_noticed(rules.does_not_wait, "quiet", lambda rule: rule.wait != "0m")

    def test_every_rule_stays_quiet_on_idle_and_restarted_relays(self):
        for relay in ("idle", "restarted"):
            tests, count = rules.chosen_tests(self.tests, f"all quiet, {relay}")
            self.assertEqual(count, 1, relay)
            firing = rules.broken(rules.broken(self.alerts, "critical", rules.always_fires), "warning", rules.always_fires)
            run = self.run_tests(firing, tests)
            self.failed(run, relay)
            for rule in self.rules:
                alert = f'alertname="{rule.alert}", alertstate="firing", severity="{rule.severity}"'
                self.assertIn(alert, run.stdout + run.stderr, relay)


class Dashboard(Promtool):
    """deploy/grafana/headwater.json"""

    def setUp(self):
        super().setUp()
        self.dashboard = dashboard.load()
        self.queries = dashboard.queries(self.dashboard)

    def test_promtool_accepts_every_query(self):
        expressions = [expression for _, expression, _ in self.queries]
        expressions += [dashboard.inserted(each["expr"]) for each in self.dashboard["annotations"]["list"]]
        records = "".join(f"      - {{ record: query:{number}, expr: {dashboard.json.dumps(expression)} }}\n"
                          for number, expression in enumerate(expressions))
        self.write("queries.yaml", f"groups:\n  - name: queries\n    rules:\n{records}")
        run = self.promtool("check", "rules", "queries.yaml")
        self.passed(run)
        self.assertIn(f"{len(expressions)} rules found", run.stdout)

    def test_every_query_returns_something(self):
        self.write("test.yaml", dashboard.promtool_tests(self.queries))
        self.passed(self.promtool("test", "rules", "test.yaml"))

    def test_a_query_that_returns_nothing_is_noticed(self):
        for expression, legend in (('headwater_stuck{relay="nobody"}', ""), ("headwater_stuck", "{{error}}")):
            self.write("test.yaml", dashboard.promtool_tests([("", expression, legend)]))
            self.failed(self.promtool("test", "rules", "test.yaml"), expression)


class DashboardFile(unittest.TestCase):
    """What Grafana needs to load it."""

    def setUp(self):
        self.dashboard = dashboard.load()
        self.panels = dashboard.panels(self.dashboard)

    def test_its_panels_are_distinct(self):
        ids = [panel["id"] for panel in self.panels]
        self.assertEqual(sorted(set(ids)), sorted(ids))
        titles = [panel["title"] for panel in self.panels]
        self.assertEqual(sorted(set(titles)), sorted(titles))
        for panel in self.panels:
            references = [target["refId"] for target in panel.get("targets", [])]
            self.assertEqual(sorted(set(references)), sorted(references), panel["title"])

    def test_its_panels_do_not_overlap(self):
        taken = {}
        for panel in self.panels:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                self.assertNotIn(cell, taken, f"{panel['title']} lies over {taken.get(cell)}")
                taken[cell] = panel["title"]

    def test_it_has_a_stable_name_and_version(self):
        self.assertEqual(self.dashboard["uid"], "headwater")
        self.assertGreaterEqual(self.dashboard["schemaVersion"], 38, "Grafana 10.0 writes 38")
        self.assertNotIn("id", self.dashboard, "an id belongs to one Grafana")

    def test_it_names_no_data_source(self):
        variables = [each["name"] for each in self.dashboard["templating"]["list"]]
        self.assertEqual(variables, ["datasource", "namespace", "relay"])
        for panel in self.panels:
            for queried in [panel, *panel.get("targets", [])] if panel["type"] != "row" else []:
                self.assertEqual(queried["datasource"], {"type": "prometheus", "uid": "${datasource}"}, panel["title"])
        text = rules.read(dashboard.DASHBOARD)
        self.assertEqual(text.count('"uid":'), text.count('"uid": "${datasource}"') + 1)


class Documents(unittest.TestCase):
    """The documents, the rules and the dashboard name the same things."""

    def setUp(self):
        self.rules = rules.rules(rules.read(rules.ALERTS))
        self.metrics = documents.metrics()

    def test_the_operators_object_has_the_same_rules(self):
        self.assertEqual(rules.read(rules.OBJECT), rules.as_object(rules.read(rules.ALERTS)),
                         "run: python3 testing/monitoring/rules.py")

    def test_rules_name_metrics_of_the_documents(self):
        self.assertIn("headwater_append_duration_seconds", self.metrics)
        for rule in self.rules:
            names = documents.named_in(rule.expression)
            self.assertTrue(names, rule.name)
            self.assertEqual(documents.unknown(names, self.metrics), [], rule.name)

    def test_the_dashboard_shows_every_metric_of_the_documents(self):
        loaded, shown = dashboard.load(), set()
        for title, expression, _ in dashboard.queries(loaded):
            names = documents.named_in(expression)
            self.assertEqual(documents.unknown(names, self.metrics), [], title)
            shown |= names
        for each in loaded["templating"]["list"]:
            names = documents.named_in(each.get("definition", ""))
            self.assertEqual(documents.unknown(names, self.metrics), [], each["name"])
        self.assertEqual([name for name in self.metrics if not any(each.startswith(name) for each in shown)], [])

    def test_the_series_have_every_metric_of_the_documents(self):
        names = documents.named_in(" ".join(name for name, _ in dashboard.series()))
        self.assertEqual(documents.unknown(names, self.metrics), [])
        for name, histogram in self.metrics.items():
            wanted = {name + ending for ending in documents.HISTOGRAM} if histogram else {name}
            self.assertLessEqual(wanted, names)

    def test_a_metric_that_the_documents_lack_is_noticed(self):
        expression = "rate(headwater_nothing_total[5m]) + headwater_lag_seconds_sum + headwater_lag_seconds"
        names = documents.named_in(expression)
        self.assertEqual(documents.unknown(names, self.metrics), ["headwater_lag_seconds_sum", "headwater_nothing_total"])

    def test_every_alert_is_explained(self):
        sections = documents.sections()
        self.assertEqual(sorted({rule.alert.lower() for rule in self.rules}), sorted(sections))
        for anchor, text in sections.items():
            self.assertIn("**Meaning.**", text, anchor)
            self.assertIn("**Look at.**", text, anchor)
            self.assertIn("**Do.**", text, anchor)

    def test_every_alert_says_what_to_do_next(self):
        for rule in self.rules:
            with self.subTest(rule.name):
                self.assertEqual(sorted(rule.annotations), ["description", "next", "runbook_url", "summary"])
                self.assertEqual(rule.annotations["runbook_url"], f"docs/alerts.md#{rule.alert.lower()}")
                self.assertIn(rule.severity, ("critical", "warning"))
                program, command = rule.annotations["next"].split()[:2]
                self.assertEqual(program, "headwater")
                self.assertIn(command, documents.commands())
