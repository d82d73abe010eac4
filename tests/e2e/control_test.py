"""Two processes meet at one batch: a run, and a person who changes their mind in another terminal."""
import json
import signal
import unittest

import harness

SLOW = """
limits: {create_rate: 1000, query_rate: 1000, video: unlimited}
times: {speed: 12}
"""
FAST = """
limits: {create_rate: 1000, query_rate: 1000, video: unlimited}
times: {speed: 60}
"""
ONE_FAILS = FAST + """
faults:
  - match: {prompt: shot 2, nth: 1}
    fail: {message: Your request was blocked by our moderation system}
"""


class Control(harness.ProgramTest):
    def run_against(self, sim, *more, expect=0, command="run"):
        batch = "batch.yaml" if command == "run" else "batch"
        return self.run_program(command, batch, "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, *more,
                                expect=expect)

    def start_until_running(self, sim, count):
        """A run in another process, `count` of whose tasks the service has accepted."""
        process = self.start("run", "batch.yaml", "--json", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        while count > 0:
            line = process.stdout.readline()
            self.assertTrue(line, "the run ended before its tasks were accepted")
            count -= json.loads(line).get("to") == "running"
        return process

    def states(self):
        return [row["state"] for row in self.report()]

    def test_cancel_is_taken_up_by_a_run_that_goes_on(self):
        self.manifest(30, head="limits: {max_in_flight: 2, first_look: 200ms, look_every: 200ms}")
        with harness.Simulator(self.folder, SLOW) as sim:
            process = self.start_until_running(sim, 2)
            out, _ = self.run_program("cancel", "batch", "--json")
            answer = json.loads(out)
            self.assertEqual(answer["taken_up"], "run")
            self.assertGreaterEqual(answer["cancelled"], 26)
            process.communicate(timeout=120)
            self.assertEqual(process.returncode, 1)
            ledger = sim.stop()
        states = self.states()
        self.assertEqual(states.count("cancelled") + states.count("succeeded"), 30)
        # Everything that was paid for came home.
        self.assertEqual(states.count("succeeded"), ledger["tasks"])
        self.assertEqual(list((self.folder / "state/batch.inbox").iterdir()), [])

    def test_cancel_without_a_run_changes_the_state_itself(self):
        self.manifest(6, head=self.QUICK)
        with harness.Simulator(self.folder, FAST) as sim:
            self.run_against(sim, "--task", "clip-0001")
            out, _ = self.run_program("cancel", "batch", "--task", "clip-000[1-3]", "--task", "clip-0002",
                                      "--task", "clip-0003")
            self.assertIn("2 tasks cancelled", out)
            self.run_against(sim, expect=1)
            self.assertEqual(self.states(), ["succeeded", "cancelled", "cancelled"] + ["succeeded"] * 3)
            self.run_program("retry", "batch", "--cancelled")
            self.run_against(sim, command="resume")
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 6)

    def test_a_command_that_a_killed_run_left_lying_is_carried_out_later_and_once(self):
        self.manifest(8, head="limits: {max_in_flight: 1, first_look: 200ms, look_every: 200ms}")
        with harness.Simulator(self.folder, SLOW) as sim:
            process = self.start_until_running(sim, 1)
            process.send_signal(signal.SIGSTOP)
            asking = self.start("cancel", "batch", "--task", "clip-000[5-8]", "--task", "clip-0008")
            inbox = self.folder / "state/batch.inbox"
            _, err = asking.communicate(timeout=60)
            self.assertEqual(asking.returncode, 0, err)
            self.assertIn("has not taken the command up yet", err)
            self.assertEqual(len(list(inbox.glob("*.command"))), 1)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            self.run_program("cancel", "batch", "--task", "clip-0007")
            self.assertEqual(list(inbox.glob("*.command")), [])
            self.assertEqual(self.states().count("cancelled"), 2)

    def test_retry_makes_failed_tasks_anew_and_keeps_their_history(self):
        self.manifest(3, head=self.QUICK)
        with harness.Simulator(self.folder, ONE_FAILS) as sim:
            self.run_against(sim, expect=1)
            out, _ = self.run_program("retry", "batch")
            self.assertIn("1 task put back in the queue", out)
            self.run_against(sim)
            ledger = sim.stop()
        rows = self.report()
        self.assertEqual([row["state"] for row in rows], ["succeeded"] * 3)
        self.assertTrue(rows[1]["files"].endswith("clip-0002-1.g2.mp4"), rows[1]["files"])
        self.assertEqual(ledger["tasks"], 4)
        out, _ = self.run_program("show", "batch", "clip-0002")
        self.assertIn("moderation", out)

    def test_what_is_paid_again_wants_a_yes(self):
        self.manifest(2, head=self.QUICK)
        with harness.Simulator(self.folder, FAST) as sim:
            self.run_against(sim)
            _, err = self.run_program("retry", "batch", "--again", expect=2)
            self.assertIn("paid for again", err)
            self.assertIn("--yes", err)
            self.run_against(sim)
            self.run_program("retry", "batch", "--again", "--yes", "--task", "clip-0002")
            self.run_against(sim)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 3)

    def test_download_fetches_what_is_missing_and_pays_nothing(self):
        self.manifest(3, head=self.QUICK)
        with harness.Simulator(self.folder, FAST) as sim:
            self.run_against(sim, "--no-download")
            self.run_against(sim, command="download")
            self.assert_whole(self.report(), 3)
            (self.folder / self.report()[1]["files"]).unlink()
            self.run_against(sim, command="download")
            self.assert_whole(self.report(), 3)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 3)

    def test_a_canary_that_fails_stops_the_batch(self):
        self.manifest(6, head=self.QUICK)
        scenario = FAST + "faults:\n  - {match: {prompt: shot 1}, fail: {message: blocked by our moderation system}}\n"
        with harness.Simulator(self.folder, scenario) as sim:
            _, err = self.run_against(sim, "--canary", "1", expect=4)
            self.assertIn("clip-0001", err)
            ledger = sim.stop()
        self.assertEqual(self.states().count("pending"), 5)
        self.assertLessEqual(ledger["tasks"], 3)

    def test_stop_when_stops_a_batch_that_goes_wrong(self):
        self.manifest(30, head="limits: {max_in_flight: 2, first_look: 200ms, look_every: 200ms,\n"
                               "  stop_when: {failed: 20%, after: 5}}")
        scenario = FAST + "faults:\n  - {match: {prompt: lighthouse}, fail: {message: blocked by moderation system}}\n"
        with harness.Simulator(self.folder, scenario) as sim:
            _, err = self.run_against(sim, expect=4)
        self.assertIn("tasks that ended in this run failed", err)
        self.assertGreaterEqual(self.states().count("pending"), 20)


if __name__ == "__main__":
    unittest.main()
