"""What goes wrong outside the program: each with its exit code, a clear message, and nothing lost."""
import os
import socket
import sqlite3
import time
import unittest

import harness

QUICK_SERVICE = "times: {speed: 60}\nlimits: {video: unlimited}\n"


class BadInput(harness.ProgramTest):
    def run_against(self, sim, *more, expect, **environment):
        return self.run_program("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, *more,
                                expect=expect, **environment)

    # --- catalogs ---

    CATALOG = """\
catalog: 1
as_of: "2026-09-01"
limits: {prompt_warn_chars: 2000}
models:
  - {kind: video, model: Hailuo, version: "2.3", status: listed, durations: {values: [3]}}
"""

    def test_a_catalog_of_the_user_is_the_one_that_counts(self):
        (self.folder / "models.yaml").write_text(self.CATALOG)
        manifest = "manifest: 1\nname: a\ntasks:\n  - {id: a, model: hailuo/2.3, prompt: p, duration: %s}\n"
        (self.folder / "three.yaml").write_text(manifest % 3)
        (self.folder / "six.yaml").write_text(manifest % 6)
        self.run_program("validate", "six.yaml", expect=0)
        for command in (["validate"], ["run", "--sim"]):
            _, err = self.run_program(*command, "six.yaml", "--catalog", "models.yaml", expect=2)
            self.assertIn("six.yaml:4:53: error: Hailuo/2.3 does not take 6 s\n", err)
        self.run_program("validate", "three.yaml", expect=2)
        self.run_program("run", "--sim", "three.yaml", "--catalog", "models.yaml", expect=0)
        out, _ = self.run_program("models", "--catalog", "models.yaml", expect=0)
        self.assertIn("catalog of 2026-09-01", out)
        self.assertNotIn("Kling", out)

    def test_a_catalog_that_is_none_is_refused_at_its_place(self):
        (self.folder / "models.yaml").write_text(self.CATALOG.replace("status", "statsu"))
        self.manifest(1)
        for command in (["validate", "batch.yaml"], ["run", "--sim", "batch.yaml"], ["models"]):
            _, err = self.run_program(*command, "--catalog", "models.yaml", expect=2)
            self.assertEqual(err, 'error: models.yaml:5:50: "statsu" is not known here\n  hint: did you mean status?\n')
        _, err = self.run_program("models", "--catalog", "none.yaml", expect=2)
        self.assertIn("none.yaml: the catalog does not exist", err)
        _, err = self.run_program("models", "--catalog", ".", expect=2)
        self.assertIn("is a folder", err)

    # --- credentials ---

    def test_no_credentials_is_said_before_anything_is_written(self):
        self.manifest(2)
        _, err = self.run_program("run", "batch.yaml", expect=3, TENCENTCLOUD_SECRET_ID=None,
                                  TENCENTCLOUD_SECRET_KEY=None)
        self.assertIn("TENCENTCLOUD_SECRET_ID", err)
        self.assertIn("TENCENTCLOUD_SECRET_KEY", err)
        self.assertIn("console.cloud.tencent.com", err)
        self.assertFalse((self.folder / "state").exists())

    def test_half_of_the_credentials_names_the_other_half(self):
        self.manifest(2)
        _, err = self.run_program("run", "batch.yaml", expect=3, TENCENTCLOUD_SECRET_KEY=None)
        self.assertIn("TENCENTCLOUD_SECRET_KEY", err)

    def test_stray_blanks_around_a_key_are_trimmed_with_a_warning(self):
        self.manifest(2, head=self.QUICK)
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            _, err = self.run_against(sim, expect=0, TENCENTCLOUD_SECRET_KEY=" e2e-key\n")
        self.assertIn("TENCENTCLOUD_SECRET_KEY", err)
        self.assertNotIn("e2e-key", err)

    def test_a_wrong_key_stops_and_keeps_everything(self):
        self.manifest(3, head=self.QUICK)
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            _, err = self.run_against(sim, expect=3, TENCENTCLOUD_SECRET_KEY="another-key-entirely")
            self.assertIn("AuthFailure.SignatureFailure", err)
            self.assertNotIn("another-key-entirely", err)
            self.run_against(sim, expect=0)
        self.assert_whole(self.report(), 3)

    def test_a_wrong_application_stops(self):
        self.manifest(3, head=self.QUICK)
        with harness.Simulator(self.folder, QUICK_SERVICE + "sub_app_id: 1400000009\n") as sim:
            _, err = self.run_against(sim, expect=3)
        self.assertIn("SubAppId", err)

    def test_a_clock_off_by_ten_minutes_is_corrected_once(self):
        self.manifest(3, head=self.QUICK)
        with harness.Simulator(self.folder, QUICK_SERVICE + "clock_offset: 10m\n") as sim:
            _, err = self.run_against(sim, expect=0)
        self.assertIn("clock", err)
        self.assert_whole(self.report(), 3)

    # --- the network ---

    def unreachable(self, endpoint, **environment):
        self.manifest(1, head="limits: {give_up_after: 1s}")
        started = time.monotonic()
        _, err = self.run_program("run", "batch.yaml", "--endpoint", endpoint, expect=7, **environment)
        self.assertLess(time.monotonic() - started, 60)
        return err

    def test_a_host_that_does_not_exist(self):
        self.assertIn("nowhere.invalid", self.unreachable("https://nowhere.invalid"))

    def test_a_port_where_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.assertIn(f"127.0.0.1:{port}", self.unreachable(f"https://127.0.0.1:{port}"))

    def test_a_certificate_that_is_not_trusted(self):
        self.manifest(1)
        with harness.Simulator(self.folder) as sim:
            _, err = self.run_program("run", "batch.yaml", "--endpoint", sim.endpoint, expect=7)
        self.assertIn("--ca-file", err)

    def test_a_proxy_that_refuses(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        err = self.unreachable("https://vod.example.com", HTTPS_PROXY=f"http://user:hidden-word@127.0.0.1:{port}")
        self.assertIn("proxy", err)
        self.assertNotIn("hidden-word", err)

    def test_answers_that_are_no_answers(self):
        for kind in ("html", "truncated_json", "deep_json", "huge"):
            with self.subTest(kind):
                self.manifest(3, name=kind.replace("_", "-"), head=self.QUICK)
                scenario = (QUICK_SERVICE + "faults:\n"
                            f"  - {{match: {{action: DescribeTaskDetail, nth: [2]}}, garbage: {{kind: {kind}}}}}\n"
                            f"  - {{match: {{action: create, nth: [2]}}, garbage: {{kind: {kind}, after: true}}}}\n")
                with harness.Simulator(self.folder, scenario) as sim:
                    self.run_against(sim, expect=0)
                    ledger = sim.stop()
                self.assert_whole(self.report(kind.replace("_", "-")), 3)
                self.assertEqual(ledger["tasks"], 3)

    # --- manifests ---

    def test_manifests_that_are_none(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
        cases = {
            "empty": b"",
            "binary": os.urandom(4096),
            "line": b"prompt: " + b"x" * 1_000_000,
            "bomb": bomb.encode(),
            "deep": b"[" * 10_000,
            "deep-map": b"tasks: " + b"{a: " * 10_000,
            "deep-block": b"".join(b" " * i + b"a:\n" for i in range(3000)),
        }
        for name, content in cases.items():
            with self.subTest(name):
                (self.folder / f"{name}.yaml").write_bytes(content)
                started = time.monotonic()
                _, err = self.run_program("validate", f"{name}.yaml", expect=2)
                self.assertLess(time.monotonic() - started, 30)
                self.assertIn(f"{name}.yaml", err)
                self.assertLess(len(err), 5000)

    def test_a_manifest_that_is_not_there(self):
        _, err = self.run_program("run", "missing.yaml", expect=2)
        self.assertIn("missing.yaml", err)

    # --- the local disk ---

    def test_an_output_folder_that_is_a_file(self):
        self.manifest(2, head=self.QUICK + "\noutput: {dir: results}")
        (self.folder / "results").write_text("in the way")
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            _, err = self.run_against(sim, expect=6)
            self.assertIn("results", err)
            (self.folder / "results").unlink()
            self.run_against(sim, expect=0)
            ledger = sim.stop()
        self.assert_whole(self.report(), 2)
        self.assertEqual(ledger["tasks"], 2)

    def test_a_state_folder_that_is_a_file(self):
        self.manifest(1)
        (self.folder / "state").write_text("in the way")
        _, err = self.run_program("run", "batch.yaml", expect=5)
        self.assertIn("state", err)

    def test_a_state_file_that_is_none_is_left_alone(self):
        self.manifest(1)
        (self.folder / "state").mkdir()
        (self.folder / "state/batch.db").write_bytes(b"not a database at all" * 100)
        self.run_program("run", "batch.yaml", expect=5)
        self.assertEqual((self.folder / "state/batch.db").read_bytes(), b"not a database at all" * 100)

    def test_a_state_of_another_machine_wants_a_word(self):
        self.manifest(2, head=self.QUICK)
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            self.run_against(sim, expect=0)
            with sqlite3.connect(self.folder / "state/batch.db") as state:
                state.execute("UPDATE batch SET machine = 'another'")
            state.close()
            _, err = self.run_against(sim, expect=5)
            self.assertIn("--take-over", err)
            self.run_against(sim, "--take-over", expect=0)
            self.run_against(sim, expect=0)

    def test_another_application_is_another_batch(self):
        self.manifest(2, head=self.QUICK)
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            self.run_against(sim, expect=0)
            _, err = self.run_against(sim, expect=5, TENCENTCLOUD_VOD_SUB_APP_ID="1500000002")
        self.assertIn("1500000001", err)
        self.assertIn("1500000002", err)


if __name__ == "__main__":
    unittest.main()
