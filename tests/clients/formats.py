"""Compares what other readers see in the reports of one run with its JSON. Argument: the path of the reports without ending."""

import csv
import json
import sys
from collections import Counter

import junitparser
import xmlschema

path = sys.argv[1]
with open(path + ".json", encoding="utf-8") as file:
    report = json.load(file)
findings = report["findings"]
levels = {"error": "error", "warning": "warning", "info": "note"}


def primary(finding):
    """File and line of a finding."""
    label = finding["labels"][0]
    return label["file"], str(label["line"])


# sarif-tools: severity, rule, text and place of every finding.
with open(path + ".csv", encoding="utf-8", newline="") as file:
    rows = Counter((row["Severity"], row["Code"], row["Description"], row["Location"], row["Line"]) for row in csv.DictReader(file))
assert rows == Counter((levels[one["severity"]], one["rule"], one["message"], *primary(one)) for one in findings), rows

# What it makes of SARIF for GitLab has the places that are written for GitLab.
places = []
for ending in (".codeclimate.json", ".gitlab.json"):
    with open(path + ending, encoding="utf-8") as file:
        issues = json.load(file)
    places.append(Counter((one["check_name"], one["location"]["path"], one["location"]["lines"]["begin"]) for one in issues))
assert places[0] == places[1], places

# JUnit: valid, a case for each node, and a failure for each error and warning.
xmlschema.XMLSchema("tests/schemas/junit-10.xsd").validate(path + ".xml")
suites = junitparser.JUnitXml.fromfile(path + ".xml")
cases = [case for suite in suites for case in suite]
failures = Counter((result.type, result.message) for case in cases for result in case.result)
assert failures == Counter((one["rule"], one["message"]) for one in findings if one["severity"] != "info"), failures
assert suites.tests == len(cases) and suites.failures == sum(bool(case.result) for case in cases)
assert len({(case.classname, case.name) for case in cases}) == len(cases)
assert sum(case.name != "(topology)" for case in cases) == report["summary"]["nodes"]
