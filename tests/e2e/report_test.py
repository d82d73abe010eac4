"""Reports of real runs: read back by other programs, written after an interruption, and a manifest of what failed."""
import csv
import io
import json
import shutil
import signal
import subprocess
import unittest

from harness import SOURCE, ProgramTest, Simulator

PROMPT = '一个小男孩, "running"\nfast; 🦊 =1+1'
REFUSED = """
faults:
  - match: {action: create, prompt: refused}
    content_refusal: input
  - match: {action: create, prompt: broken}
    fail: {err_code: 70000, err_code_ext: InternalError, message: "it broke"}
"""


class ReportTest(ProgramTest):
    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def batch(self, tasks, head=""):
        lines = ["manifest: 1", "name: batch", "defaults: {model: Kling/2.5, duration: 5, resolution: 720P}",
                 "limits: {max_in_flight: 20, submit_rate: 20, poll_rate: 100, first_look: 200ms, look_every: 200ms, "
                 "attempts: 1, budget: 100}", "allow_unpriced: true", head, "tasks:"]
        return self.write("batch.yaml", "\n".join(lines) + "\n" + tasks)

    def simulated(self, tasks, scenario="", expect=0, head=""):
        manifest = self.batch(tasks, head)
        self.write("scenario.yaml", "times: {speed: 100}\nlimits: {video: 20, image: 20}\n" + scenario)
        return self.run_program("run", "--sim", "--scenario", "scenario.yaml", "--yes", "--quiet", manifest, expect=expect)

    def test_other_programs_read_the_csv_back(self):
        self.simulated("  - {id: fox, prompt: %s, tags: [红, ads]}\n  - {id: plain, prompt: '-2+3'}\n" % json.dumps(PROMPT, ensure_ascii=False))
        self.run_program("report", "--sim", "batch", "-o", "r.csv")
        raw = (self.folder / "r.csv").read_bytes()
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
        self.assertEqual([row["prompt"] for row in rows], [PROMPT, "-2+3"])
        self.assertEqual(rows[0]["tags"], "红;ads")
        if shutil.which("sqlite3"):
            out = subprocess.run(["sqlite3", "-json", ":memory:", ".import --csv r.csv r",
                                  "SELECT prompt, tags, state FROM r"],
                                 cwd=self.folder, check=True, capture_output=True, encoding="utf-8").stdout
            self.assertEqual(json.loads(out)[0], {"prompt": PROMPT, "tags": "红;ads", "state": "succeeded"})
        self.run_program("report", "--sim", "batch", "--excel", "-o", "e.csv")
        excel = (self.folder / "e.csv").read_bytes()
        self.assertTrue(excel.startswith(b"\xef\xbb\xbfid,state"))
        guarded = list(csv.DictReader(io.StringIO(excel.decode("utf-8-sig"), newline="")))
        self.assertEqual(guarded[1]["prompt"], "'-2+3")

    def test_filters_columns_and_formats(self):
        self.simulated("  - {id: good, prompt: fine}\n  - {id: bad, prompt: broken}\n", REFUSED, expect=1)
        out, _ = self.run_program("report", "--sim", "batch", "--failed", "--columns", "state,id")
        self.assertEqual(out, "state,id\nfailed,bad\n")
        out, _ = self.run_program("report", "--sim", "batch", "--filter", "state=succeeded", "--format", "jsonl")
        line = json.loads(out)
        self.assertEqual(line["id"], "good")
        self.assertEqual(line["spec"]["prompt"], "fine")
        self.assertEqual(line["story"][0]["submissions"][0]["outcome"], "accepted")
        self.assertEqual(line["story"][0]["journal"][-1]["to"], "succeeded")
        self.run_program("report", "--sim", "batch", "-o", "page.html")
        self.assertIn('"address":"out/batch/good-1.mp4"', (self.folder / "page.html").read_text())
        self.run_program("report", "--sim", "batch", "-o", "deep/er/page.html")
        self.assertIn('"address":"../../out/batch/good-1.mp4"', (self.folder / "deep/er/page.html").read_text())
        for wrong in (["--columns", "id,promt"], ["--filter", "state=faild"], ["--excel", "--format", "html"],
                      ["--columns", "id", "-o", "x.html"], ["--without-refused"]):
            with self.subTest(wrong):
                _, err = self.run_program("report", "--sim", "batch", *wrong, expect=2)
                self.assertIn("error:", err)
                self.assertFalse((self.folder / "x.html").exists())

    def test_the_manifests_report_is_written_after_an_interruption_too(self):
        for ending, sign in (("csv", "id,state"), ("jsonl", '{"id":"clip-1"'), ("html", "<!doctype html>")):
            with self.subTest(ending), Simulator(self.folder, "limits: {video: 20}\n") as sim:
                tasks = "".join(f"  - {{id: clip-{i}, prompt: {ending} {i}}}\n" for i in range(1, 9))
                self.batch(tasks, f"output: {{report: reports/r.{ending}}}")
                process = self.start("run", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, "--json", "--yes", "--fresh",
                                     "--state", f"state-{ending}", "batch.yaml")
                process.stdout.readline()  # launch
                process.stdout.readline()  # it runs
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, err)
                self.assertTrue((self.folder / f"reports/r.{ending}").read_text().startswith(sign))

    def test_a_manifest_of_what_failed_is_ready_to_run(self):
        (self.folder / "data").mkdir()
        shutil.copy(SOURCE / "manifests/examples/images/kite.png", self.folder / "data/kite.png")
        self.write("data/rows.csv", "sku\nk1\n")
        self.simulated("""
  - {id: still, kind: image, model: OG/image2_medium, duration: null, resolution: 1K, prompt: fine}
  - {id: moved, prompt: "it is broken, $${really}", first_frame: task:still, depends_on: [still]}
  - {id: refused, prompt: refused for good, tags: [a, b]}
  - {id: after, model: Kling/2.1, prompt: moves, first_frame: kite.png, depends_on: [refused]}
  - {id: "row-${sku}", from: data/rows.csv, prompt: broken too, first_frame: kite.png}
""".replace("first_frame: kite.png, depends_on", "first_frame: data/kite.png, depends_on"), REFUSED, expect=1)
        before = self.rows()
        _, err = self.run_program("report", "--sim", "batch", "--manifest-of-failed", "again.yaml")
        self.assertIn("4 tasks in again.yaml; next: aigc-batch plan --sim again.yaml", err)
        _, err = self.run_program("report", "--sim", "batch", "--manifest-of-failed", "sub/again.yaml", "--without-refused")
        self.assertIn("left out: 1 refused for their content", err)
        self.assertIn("left out: 1 that need a task", err)
        for name, count in (("again.yaml", 4), ("sub/again.yaml", 2)):
            with self.subTest(name):
                text = (self.folder / name).read_text()
                self.assertIn("name: batch-failed", text)
                self.assertRegex(text, r"budget: \d+\.\d+  # what is left of 100\.00")
                out, _ = self.run_program("validate", name)
                self.assertIn(f"{count} tasks, no errors", out)
                plan = json.loads(self.run_program("plan", "--sim", "--json", name)[0])
                self.assertEqual((plan["new"], plan["to_run"]), (count, count))
        self.run_program("run", "--sim", "--yes", "--quiet", "--output", "second", "again.yaml")
        again = self.rows("batch-failed")
        self.assertEqual({row["id"]: row["state"] for row in again},
                         dict.fromkeys(["moved", "refused", "after", "row-k1"], "succeeded"))
        asked = {row["id"]: (row["prompt"], row["model"], row["tags"]) for row in before}
        self.assertEqual({row["id"]: (row["prompt"], row["model"], row["tags"]) for row in again},
                         {row["id"]: asked[row["id"]] for row in again})
        self.assertEqual(self.rows(), before, "the old batch is what it was")
        _, err = self.run_program("report", "--sim", "batch", "--manifest-of-failed", "batch.yaml", expect=2)
        self.assertIn("that is the manifest of the batch itself", err)

    def rows(self, name="batch"):
        out, _ = self.run_program("report", "--sim", name)
        return list(csv.DictReader(io.StringIO(out, newline="")))


if __name__ == "__main__":
    unittest.main()
