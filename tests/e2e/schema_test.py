"""What `aigc-batch schema` prints, held by an independent validator (python3-jsonschema) against
manifests read by an independent YAML 1.2 reader (python3-ruamel.yaml; PyYAML reads 16:9 as 969)."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

try:
    import jsonschema
    from ruamel.yaml import YAML
except ImportError as missing:
    sys.exit(f"{missing}; `./dev deps` installs python3-jsonschema and python3-ruamel.yaml")

PROGRAM = os.environ["AIGC_BATCH"]
SOURCE = pathlib.Path(os.environ["AIGC_SOURCE_DIR"])

# One slip each: what must be refused, and where.
WRONG = {
    "a: {}\nmanifest: 1\ntasks: [{id: a}]": [],
    "manifest: 2\ntasks: [{id: a}]": ["manifest"],
    "manifest: 1\nname: Spring Campaign\ntasks: [{id: a}]": ["name"],
    "manifest: 1\ntasks: []": ["tasks"],
    "manifest: 1\ntasks: [{id: a, durration: 6}]": ["tasks", 0],
    "manifest: 1\ntasks: [{id: a}, {id: b, audio: yes}]": ["tasks", 1, "audio"],
    "manifest: 1\ntasks: [{id: a, model: Hailuo}]": ["tasks", 0, "model"],
    "manifest: 1\ntasks: [{id: a/b}]": ["tasks", 0, "id"],
    "manifest: 1\ntasks: [{id: a, priority: 11}]": ["tasks", 0, "priority"],
    "manifest: 1\ntasks: [{id: a, duration: 0}]": ["tasks", 0, "duration"],
    "manifest: 1\ntasks: [{id: a, duration: six}]": ["tasks", 0, "duration"],
    "manifest: 1\ntasks: [{id: a, kind: film}]": ["tasks", 0, "kind"],
    "manifest: 1\ntasks: [{id: a, references: a.png}]": ["tasks", 0, "references"],
    "manifest: 1\ntasks: [{id: a, references: [null]}]": ["tasks", 0, "references", 0],
    "manifest: 1\ntasks: [{id: a, inputs: [{usage: reference}]}]": ["tasks", 0, "inputs", 0],
    "manifest: 1\ntasks: [{id: a, from: rows.xlsx}]": ["tasks", 0, "from"],
    "manifest: 1\ntasks: [{id: a, matrix: {tone: calm}}]": ["tasks", 0, "matrix", "tone"],
    "manifest: 1\ndefaults: {repeat: 2}\ntasks: [{id: a}]": ["defaults"],
    "manifest: 1\nlimits: {task_timeout: soon}\ntasks: [{id: a}]": ["limits", "task_timeout"],
    "manifest: 1\nlimits: {stop_when: {failed: 30}}\ntasks: [{id: a}]":
        ["limits", "stop_when", "failed"],
}


def read(text):
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml.load(text)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        printed = subprocess.run([PROGRAM, "schema"], check=True, capture_output=True, text=True)
        cls.schema = json.loads(printed.stdout)
        cls.validator = jsonschema.Draft7Validator(cls.schema)

    def test_is_a_schema_itself(self):
        jsonschema.Draft7Validator.check_schema(self.schema)

    def test_accepts_every_example(self):
        examples = sorted((SOURCE / "manifests/examples").glob("*.yaml"))
        # prices.yaml and the like are no manifests.
        examples = [path for path in examples if "manifest: 1" in path.read_text(encoding="utf-8")]
        self.assertGreaterEqual(len(examples), 7)
        for path in examples:
            with self.subTest(path.name):
                manifest = read(path.read_text(encoding="utf-8"))
                self.assertEqual([e.message for e in self.validator.iter_errors(manifest)], [])

    def test_accepts_every_mode(self):
        modes = sorted((SOURCE / "tests/data/manifests/modes").glob("*.yaml"))
        self.assertGreaterEqual(len(modes), 14)
        for path in modes:
            with self.subTest(path.name):
                manifest = read(path.read_text(encoding="utf-8"))
                self.assertEqual([e.message for e in self.validator.iter_errors(manifest)], [])

    def test_refuses_slips_where_they_are(self):
        for text, place in WRONG.items():
            with self.subTest(text):
                errors = list(self.validator.iter_errors(read(text)))
                self.assertEqual([list(e.absolute_path) for e in errors], [place])

    def test_ratios_and_versions_are_text(self):
        task = read("manifest: 1\ntasks: [{id: a, aspect_ratio: 16:9, model: OS/2.0}]")["tasks"][0]
        self.assertEqual(task["aspect_ratio"], "16:9")
        self.assertEqual(task["model"], "OS/2.0")


if __name__ == "__main__":
    unittest.main()
