"""A run in one terminal, and another in which its limits are changed and it is paused."""
import json
import signal
import unittest

import harness

SLOW = """
limits: {create_rate: 1000, query_rate: 1000, video: unlimited}
times: {speed: 40}
"""
ONE = "limits: {max_in_flight: 1, first_look: 100ms, look_every: 100ms}"


class Steering(harness.ProgramTest):
    def start_run(self, sim, *more):
        process = self.start("run", "batch.yaml", "--json", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, *more)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    @staticmethod
    def wait_for(process, state, count=1):
        """Reads the run's events until so many tasks have come to this state."""
        while count > 0:
            line = process.stdout.readline()
            assert line, "the run ended before"
            count -= json.loads(line).get("to") == state

    def status(self):
        out, _ = self.run_program("status", "batch", "--json")
        return json.loads(out)

    def test_a_run_takes_other_limits_up(self):
        self.manifest(12, head=ONE)
        with harness.Simulator(self.folder, SLOW) as sim:
            process = self.start_run(sim)
            self.wait_for(process, "running")
            out, _ = self.run_program("set", "batch", "max_in_flight=12", "task_timeout=3h", "--json")
            answer = json.loads(out)
            self.assertEqual(answer["taken_up"], "run")
            self.assertEqual(answer["set"], {"max_in_flight": "12", "task_timeout": "3h"})
            self.assertEqual(self.status()["set"]["max_in_flight"], "12")
            process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 12)
        rows = self.report()
        # All that were left began together.
        self.assertLess(len({row["submitted_at"] for row in rows}), 9, [row["submitted_at"] for row in rows])
        out, _ = self.run_program("status", "batch")
        self.assertIn("set: max_in_flight 12, task_timeout 3h", out)

    def test_a_paused_run_waits_for_resume(self):
        self.manifest(6, head=ONE)
        with harness.Simulator(self.folder, SLOW) as sim:
            process = self.start_run(sim)
            self.wait_for(process, "running")
            out, _ = self.run_program("pause", "batch")
            self.assertIn("the batch is paused", out)
            out, _ = self.run_program("list")
            self.assertIn("paused)", out)
            # Its slot was free before its file was there, and would have been filled in that turn.
            self.wait_for(process, "succeeded")
            status = self.status()
            self.assertEqual(status["counts"].get("running", 0) + status["counts"].get("submitting", 0), 0)
            self.assertIn("since", status["paused"][0])
            self.assertIsNone(process.poll())
            out, err = self.run_program("resume", "batch", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
            self.assertIn("goes on", out)
            self.assertIn("taken up by the run", err)
            process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0)
            self.assertNotIn("paused", self.status())

    def test_a_pause_holds_for_later_runs_until_resume(self):
        self.manifest(3, head=self.QUICK)
        with harness.Simulator(self.folder, SLOW) as sim:
            flags = ["--endpoint", sim.endpoint, "--ca-file", sim.ca_file]
            self.run_program("run", "batch.yaml", *flags, "--task", "clip-0001")
            self.run_program("pause", "batch", "--model", "Kling/2.5")
            _, err = self.run_program("run", "batch.yaml", *flags, expect=4)
            self.assertIn("paused since", err)
            self.assertIn("resume", err)
            out, err = self.run_program("show", "batch", "clip-0002")
            self.assertIn("paused since", err)
            self.assertEqual([row["state"] for row in self.report()], ["succeeded", "pending", "pending"])
            _, err = self.run_program("resume", "batch", *flags)
            self.assertIn("goes on", err)
            self.assertEqual([row["state"] for row in self.report()], ["succeeded"] * 3)

    def test_a_paused_run_can_be_interrupted(self):
        self.manifest(4, head=ONE)
        with harness.Simulator(self.folder, SLOW) as sim:
            process = self.start_run(sim)
            self.wait_for(process, "running")
            self.run_program("pause", "batch")
            self.wait_for(process, "succeeded")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)

    def test_what_is_set_wins_over_the_manifest_and_a_flag_over_both(self):
        self.manifest(4, head=ONE)
        with harness.Simulator(self.folder, SLOW) as sim:
            flags = ["--endpoint", sim.endpoint, "--ca-file", sim.ca_file]
            self.run_program("run", "batch.yaml", *flags, "--task", "clip-0001")
            self.run_program("set", "batch", "max_in_flight=3", "budget=9")
            out, _ = self.run_program("plan", "batch.yaml", "--endpoint", sim.endpoint, "--json", expect=0)
            _, err = self.run_program("run", "batch.yaml", *flags, "--task", "clip-0002")
            self.assertIn("max_in_flight is 3, as `set`", err)
            self.assertEqual(self.status()["cost"]["budget"], 9)
            _, err = self.run_program("run", "batch.yaml", *flags, "--task", "clip-0003", "--max-in-flight", "2")
            self.assertNotIn("max_in_flight is 3", err)
            self.run_program("set", "batch", "budget=default", "max_in_flight=default")
            self.run_program("run", "batch.yaml", *flags)
            self.assertNotIn("set", self.status())
            self.assertNotIn("budget", self.status()["cost"])

    def test_what_cannot_be_set_is_said_with_the_nearest_name(self):
        self.manifest(1, head=self.QUICK)
        with harness.Simulator(self.folder, SLOW) as sim:
            self.run_program("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
        for words, message in (
                (["submit_rat=5"], "did you mean submit_rate?"),
                (["submit_rate=0"], "limits.submit_rate must be"),
                (["submit_rate=fast"], "limits.submit_rate must be"),
                (["max_in_flight=1.5"], "max_in_flight"),
                (["task_timeout=soon"], "limits.task_timeout must be"),
                (["budget=12 EUR"], "budget"),
                (["stop_when=20%"], "cannot change in mid-run"),
                (["per_model=2"], "per_model.Kling=2"),
                (["per_model.Klimg=2"], "did you mean Kling"),
                (["submit_rate"], "not KEY=VALUE"),
                (["downloads=2\nset budget 1"], "write it plainly")):
            _, err = self.run_program("set", "batch", *words, expect=2)
            self.assertIn(message, err, words)
            self.assertNotIn("set", self.status())
        _, err = self.run_program("pause", "batch", "--model", "Klimg", expect=2)
        self.assertIn("did you mean Kling", err)
        _, err = self.run_program("set", "batch", "submit_rate=50")
        self.assertIn("above what the service allows", err)


if __name__ == "__main__":
    unittest.main()
