"""Runs the tests of one file, and writes a report in GoogleTest's format, from which ./dev counts the cases.

    python3 testing/examples/suite.py test_orders [NAME...]
"""

import argparse
import os
import sys
import time
import unittest
from xml.sax.saxutils import quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = os.path.join(ROOT, "build", "examples", "venv", "bin", "python3")


class Result(unittest.TextTestResult):
    """Also keeps each case for the report. If a class cannot be prepared, that is a case, too."""

    cases = []

    def startTest(self, test):
        super().startTest(test)
        self.begin, self.said = time.monotonic(), ""

    def stopTest(self, test):
        super().stopTest(test)
        self.keep(type(test).__name__, test._testMethodName, self.said)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, f"<skipped {attributes(message=reason)}/>")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, f"<failure {attributes(message=self.failures[-1][1])}/>")

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, f"<failure {attributes(message=self.errors[-1][1])}/>")

    def note(self, test, said):
        if isinstance(test, unittest.TestCase):
            self.said = said
        else:
            self.begin = time.monotonic()
            self.keep(str(test), "all", said)

    def keep(self, suite, name, said):
        result = "skipped" if said.startswith("<skipped") else "completed"
        how = attributes(name=name, classname=suite, time=f"{time.monotonic() - self.begin:.3f}", status="run", result=result)
        self.cases.append(f"    <testcase {how}>\n      {said}\n    </testcase>\n" if said else f"    <testcase {how} />\n")


def attributes(**values):
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items())


def write_report(path, name, cases):
    failed = sum("<failure " in text for text in cases)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        how = attributes(name=name, tests=len(cases), failures=failed, disabled=0)
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite {how}>\n{"".join(cases)}'
                   "  </testsuite>\n</testsuites>\n")


def main():
    if os.path.exists(PYTHON) and sys.prefix != os.path.dirname(os.path.dirname(PYTHON)):
        os.execv(PYTHON, [PYTHON, *sys.argv])  # It has the databases' drivers.
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("names", nargs="*", help="only these: CLASS or CLASS.CASE")
    parser.add_argument("--headwater", default=os.path.join(ROOT, "build", "release", "headwater"))
    parser.add_argument("--report")
    chosen = parser.parse_args()
    os.environ["HEADWATER"] = os.path.abspath(chosen.headwater)
    sys.path.insert(0, HERE)
    names = [f"{chosen.file}.{name}" for name in chosen.names] or [chosen.file]
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Result)
    result = runner.run(unittest.defaultTestLoader.loadTestsFromNames(names))
    if chosen.report:
        write_report(chosen.report, chosen.file, Result.cases)
    sys.exit(0 if result.wasSuccessful() and Result.cases else 1)


if __name__ == "__main__":
    main()
