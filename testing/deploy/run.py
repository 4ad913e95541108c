"""Runs the Go tests of this folder, and writes a report in GoogleTest's format, from which ./dev counts the cases.

    python3 testing/deploy/run.py [--headwater PROGRAM] [--report FILE]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "testing", "examples"))
from suite import attributes, write_report  # noqa: E402 (after the path)


def case(name, seconds, said=""):
    result = "skipped" if said.startswith("<skipped") else "completed"
    how = attributes(name=name, classname="Deploy", time=f"{seconds:.3f}", status="run", result=result)
    return f"    <testcase {how}>\n      {said}\n    </testcase>\n" if said else f"    <testcase {how} />\n"


def missing(environment):
    """Why the tests cannot be compiled here, or nothing."""
    if not shutil.which("go"):
        return "there is no go"
    listed = subprocess.run(["go", "list", "-deps", "-test", "."], cwd=HERE, env={**environment, "GOPROXY": "off"},
                            capture_output=True, text=True)
    if listed.returncode == 0:
        return ""
    return "the Go modules cannot be used; ./dev servers downloads them: " + listed.stderr.strip().split("\n")[-1]


def run(environment):
    """The cases, and whether all is well. go test exits with 1 for a failed case and for a compiler's error alike."""
    cases, output = [], {}
    tests = subprocess.Popen(["go", "test", "-vet=off", "-count=1", "-json", "."], cwd=HERE, env=environment, text=True,
                             stdout=subprocess.PIPE)
    for line in tests.stdout:
        event = json.loads(line)
        name, action = event.get("Test", ""), event["Action"]
        if "Output" in event:
            sys.stdout.write(event["Output"])
            output[name] = output.get(name, "") + event["Output"]
        elif name and action == "pass":
            cases.append(case(name, event["Elapsed"]))
        elif name and action == "skip":
            why = output[name].split(": ", 1)[-1].split("\n")[0]
            cases.append(case(name, event["Elapsed"], f"<skipped {attributes(message=why)}/>"))
        elif name and action == "fail":
            cases.append(case(name, event["Elapsed"], f"<failure {attributes(message=output[name])}/>"))
    return cases, tests.wait() == 0 and bool(cases)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headwater", default=os.path.join(ROOT, "build", "release", "headwater"))
    parser.add_argument("--report")
    chosen = parser.parse_args()
    # CGO_ENABLED as in install.sh, which has compiled everything.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "HEADWATER": os.path.abspath(chosen.headwater)}
    why = missing(environment)
    if why:
        print(f"skipped: {why}")
        cases, well = [case("all", 0, f"<skipped {attributes(message=why)}/>")], True
    else:
        cases, well = run(environment)
    if chosen.report:
        write_report(chosen.report, "deploy_charts", cases)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
