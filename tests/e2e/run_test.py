"""The main job end to end: faults, kills, and the second run that does nothing."""
import random
import signal
import subprocess
import unittest

import harness

FAULTS = """
limits: {create_rate: 1000, query_rate: 1000, video: unlimited}
times: {speed: 60}
faults:
  - {match: {action: create, every: 9}, drop_before: true}
  - {match: {action: create, every: 11}, drop_after: true}
  - {match: {action: create, every: 13}, throttle: true}
  - {match: {action: create, every: 17}, http: {status: 502, after: true}}
  - {match: {action: DescribeTaskDetail, every: 23}, http: {status: 500}}
  - {match: {action: file, every: 7}, file_cut: 3000}
"""


class Run(harness.ProgramTest):
    def run_against(self, sim, *more, expect=0):
        return self.run_program("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, *more,
                                expect=expect)

    def test_brings_every_task_home_through_faults(self):
        self.manifest(60, head=self.QUICK)
        with harness.Simulator(self.folder, FAULTS) as sim:
            self.run_against(sim)
            self.assert_whole(self.report(), 60)
            out, _ = self.run_against(sim)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 60)

    def test_survives_kills_and_pays_once(self):
        self.manifest(60, head=self.QUICK)
        chance = random.Random(20260820)
        with harness.Simulator(self.folder, FAULTS) as sim:
            for _ in range(3):
                process = self.start("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
                try:
                    process.communicate(timeout=chance.uniform(0.3, 2.0))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
            self.run_against(sim)
            ledger = sim.stop()
        self.assert_whole(self.report(), 60)
        self.assertEqual(ledger["tasks"], 60)

    def test_resumes_without_the_manifest(self):
        self.manifest(6, head=self.QUICK)
        with harness.Simulator(self.folder, FAULTS) as sim:
            self.run_against(sim, "--task", "clip-000[1]", "--task", "clip-0001")
            (self.folder / "batch.yaml").unlink()
            self.run_program("resume", "batch", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
        self.assert_whole(self.report(), 6)

    def test_an_interrupt_ends_cleanly_and_the_same_command_carries_on(self):
        self.manifest(40, head=self.QUICK)
        with harness.Simulator(self.folder, FAULTS) as sim:
            process = self.start("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
            # A first line on standard error says that it has begun.
            process.stderr.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, err)
            self.assertRegex(err, "carry on with: aigc-batch run --endpoint .* batch.yaml")
            self.run_against(sim)
            ledger = sim.stop()
        self.assert_whole(self.report(), 40)
        self.assertEqual(ledger["tasks"], 40)

    def test_a_second_run_of_the_same_batch_is_refused(self):
        self.manifest(5, head="limits: {max_in_flight: 1, first_look: 500ms}")
        with harness.Simulator(self.folder, "times: {speed: 20}\n") as sim:
            first = self.start("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
            first.stderr.readline()
            _, err = self.run_against(sim, expect=5)
            self.assertIn(str(first.pid), err)
            first.send_signal(signal.SIGTERM)
            first.communicate(timeout=60)
            self.assertEqual(first.returncode, 143)

    def test_failures_are_told_and_exit_with_one(self):
        self.manifest(4, head=self.QUICK)
        scenario = """
limits: {video: unlimited}
times: {speed: 60}
faults:
  - match: {prompt: shot 2}
    fail: {message: Your request was blocked by our moderation system}
"""
        with harness.Simulator(self.folder, scenario) as sim:
            _, err = self.run_against(sim, expect=1)
        rows = self.report()
        self.assertEqual([row["state"] for row in rows], ["succeeded", "failed", "succeeded", "succeeded"])
        self.assertIn("moderation", rows[1]["error_message"])
        self.assertIn("clip-0002", err)

    def test_sim_runs_without_an_account(self):
        self.manifest(3, head=self.QUICK)
        self.run_program("run", "--sim", "batch.yaml", TENCENTCLOUD_SECRET_ID=None, TENCENTCLOUD_SECRET_KEY=None,
                         TENCENTCLOUD_VOD_SUB_APP_ID=None)
        self.assertTrue((self.folder / "state/sim/batch.db").exists())
        self.assertFalse((self.folder / "state/batch.db").exists())


if __name__ == "__main__":
    unittest.main()
