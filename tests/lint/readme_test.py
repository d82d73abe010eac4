#!/usr/bin/env python3
"""Runs the commands of README.md that are marked as tests, in order, in one empty folder.

<!-- test: file NAME --> before a fenced block writes it to NAME; <!-- test --> before one runs it
with bash. `aigc-batch` is the program that was just built (AIGC_BATCH). Also: links to files of this
repository lead somewhere, and every flag that the README names is known to the program.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = pathlib.Path(os.environ["AIGC_BATCH"])
MARKED = re.compile(r"<!-- test(?:: file (?P<name>\S+))? -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)


def environment(folder):
    kept = ("LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")
    result = {name: os.environ[name] for name in kept if name in os.environ}
    result["PATH"] = f"{PROGRAM.parent}:{os.environ['PATH']}"
    result["HOME"] = folder
    return result


class Readme(unittest.TestCase):
    def test_marked_commands_work(self):
        blocks = list(MARKED.finditer(README))
        self.assertGreaterEqual(len(blocks), 4)
        with tempfile.TemporaryDirectory(prefix="readme-") as folder:
            for block in blocks:
                if block["name"]:
                    (pathlib.Path(folder) / block["name"]).write_text(block["text"], encoding="utf-8")
                    continue
                done = subprocess.run(
                    ["bash", "-euxo", "pipefail", "-c", block["text"]],
                    cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, check=False,
                )
                self.assertEqual(done.returncode, 0, done.stdout)
            csv = (pathlib.Path(folder) / "first.csv").read_text(encoding="utf-8")
            self.assertEqual(csv.count(",succeeded,"), 3, csv)
            self.assertEqual(len(list((pathlib.Path(folder) / "out/first").iterdir())), 3)

    def test_files_it_names_exist(self):
        for name in re.findall(r"`((?:runner|schema|tests|manifests|\.ci)/[\w./-]*)`", README):
            self.assertTrue((ROOT / name).exists(), name)

    def test_flags_it_names_are_known(self):
        helps = [
            subprocess.run([PROGRAM, command, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
            for command in ("run", "retry", "pause", "report", "serve", "status", "sim")
        ]
        helps.append(subprocess.run([ROOT / "dev", "help"], stdout=subprocess.PIPE, text=True, check=True).stdout)
        for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)):
            self.assertTrue(any(flag in text for text in helps) or flag == "--help", flag)


if __name__ == "__main__":
    unittest.main()
