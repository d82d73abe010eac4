"""Runs the real program against the real simulator in another process, over TLS.

Standard library only. Every test has its own folder; ports are chosen by the system; nothing sleeps: waiting is
waiting for a process, a line or a file's change, with a time limit.
"""
import csv
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["AIGC_BATCH"]
SOURCE = pathlib.Path(os.environ["AIGC_SOURCE_DIR"])
TIME_LIMIT = 240


def clean_environment(**more):
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "ASAN_OPTIONS", "LSAN_OPTIONS",
                                                         "UBSAN_OPTIONS", "TSAN_OPTIONS")}
    keep.update(more)
    return keep


class Simulator:
    """aigc-batch sim in another process; `with Simulator(folder, scenario_text) as sim: …`"""

    def __init__(self, folder, scenario=""):
        self.folder = pathlib.Path(folder)
        command = [PROGRAM, "sim", "--port", "0"]
        if scenario:
            path = self.folder / "scenario.yaml"
            path.write_text(scenario)
            command += ["--scenario", str(path)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder,
            env=clean_environment(TENCENTCLOUD_SECRET_ID="e2e-id", TENCENTCLOUD_SECRET_KEY="e2e-key", HOME=str(folder)))
        self.info = json.loads(self.process.stdout.readline())

    @property
    def endpoint(self):
        return f"https://127.0.0.1:{self.info['port']}"

    @property
    def ca_file(self):
        return self.info["ca"]

    def stop(self):
        """Stops it and returns the last line it prints: its ledger's summary, as JSON."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=60)
        lines = [line for line in rest.splitlines() if line.strip()]
        return json.loads(lines[-1]) if lines else {}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="aigc-e2e-")
        self.folder = pathlib.Path(self.temporary.name)
        self.addCleanup(self.temporary.cleanup)

    def environment(self, **more):
        more.setdefault("TENCENTCLOUD_SECRET_ID", "e2e-id")
        more.setdefault("TENCENTCLOUD_SECRET_KEY", "e2e-key")
        more.setdefault("TENCENTCLOUD_VOD_SUB_APP_ID", "1500000001")
        more.setdefault("HOME", str(self.folder))
        return clean_environment(**{k: v for k, v in more.items() if v is not None})

    def start(self, *arguments, **environment):
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                env=self.environment(**environment))

    def run_program(self, *arguments, expect=0, **environment):
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"{arguments}: still running after {TIME_LIMIT} s\n{err[-3000:]}")
        if expect is not None:
            self.assertEqual(process.returncode, expect, f"{arguments}\n{out[-2000:]}\n{err[-4000:]}")
        return out, err

    def manifest(self, count=8, name="batch", head="", model="Kling/2.5"):
        lines = ["manifest: 1", f"name: {name}", "defaults:", f"  model: {model}", "  duration: 5",
                 "  resolution: 720P", *head.splitlines(), "tasks:"]
        for i in range(1, count + 1):
            lines += [f"  - id: clip-{i:04}", f"    prompt: 'A lighthouse in the rain, shot {i}'"]
        path = self.folder / "batch.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    # Quick looks, so that a run of seconds is not spent waiting for the first query.
    QUICK = "limits: {max_in_flight: 50, submit_rate: 20, poll_rate: 100, first_look: 200ms, look_every: 200ms}"

    def report(self, name="batch"):
        out, _ = self.run_program("report", name)
        return list(csv.DictReader(out.splitlines(keepends=True)))

    def state(self, name="batch"):
        return sqlite3.connect(f"file:{self.folder}/state/{name}.db?mode=ro", uri=True)

    def assert_whole(self, rows, count):
        """Every row succeeded, and its file is there with the hash the report gives."""
        self.assertEqual(len(rows), count)
        for row in rows:
            self.assertEqual(row["state"], "succeeded", row)
            data = (self.folder / row["files"]).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), row["sha256"])
            self.assertEqual(str(len(data)), row["bytes"])
        self.assertEqual(len({row["sha256"] for row in rows}), count)
        self.assertEqual(len({row["task_id"] for row in rows}), count)
