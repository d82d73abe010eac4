"""A state file that is gone: the service's list says what was paid for, and nothing is paid twice."""
import json
import unittest

import harness

QUICK_SERVICE = "times: {speed: 60}\nlimits: {video: unlimited}\n"


class Recovery(harness.ProgramTest):
    def run_against(self, sim, *arguments, expect):
        return self.run_program(*arguments, "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, expect=expect)

    def lose_the_state(self):
        for file in (self.folder / "state").glob("batch.db*"):
            file.unlink()

    def test_a_lost_state_is_noticed_shown_and_recovered(self):
        self.manifest(4)
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            self.run_against(sim, "run", "batch.yaml", "--yes", expect=0)
            paid = [row["task_id"] for row in self.report()]
            self.lose_the_state()
            _, err = self.run_against(sim, "run", "batch.yaml", "--yes", expect=5)
            self.assertIn("the service lists 4 tasks of a batch batch", err)
            self.assertIn("--recover adopts them (plan --recover shows which)", err)
            self.lose_the_state()

            out, _ = self.run_against(sim, "plan", "batch.yaml", "--recover", expect=0)
            self.assertIn("recover    4 tasks that the service lists would be adopted", out)
            for task_id in paid:
                self.assertIn(task_id, out)
            self.assertIn("to submit  nothing", out)
            out, _ = self.run_against(sim, "run", "batch.yaml", "--dry-run", "--recover", "--json", expect=0)
            plan = json.loads(out)
            self.assertEqual(plan["to_submit"], 0)
            self.assertEqual([task["task_id"] for task in plan["recover"]["tasks"]], paid)
            self.assertEqual(list((self.folder / "state").glob("batch.db*")), [], "a plan writes nothing")

            self.run_against(sim, "run", "batch.yaml", "--recover", "--yes", expect=0)
            rows = self.report()
            self.assertEqual([row["task_id"] for row in rows], paid)
            self.assertEqual({row["state"] for row in rows}, {"succeeded"})
            out, _ = self.run_against(sim, "plan", "batch.yaml", "--recover", expect=0)
            self.assertIn("recover    nothing", out)

    def test_a_plan_that_asks_needs_what_a_run_needs(self):
        self.manifest(1)
        self.run_program("plan", "batch.yaml", expect=0, TENCENTCLOUD_SECRET_ID=None, TENCENTCLOUD_SECRET_KEY=None)
        _, err = self.run_program("plan", "batch.yaml", "--recover", expect=3, TENCENTCLOUD_SECRET_ID=None,
                                  TENCENTCLOUD_SECRET_KEY=None)
        self.assertIn("TENCENTCLOUD_SECRET_ID", err)
        with harness.Simulator(self.folder, QUICK_SERVICE) as sim:
            _, err = self.run_program("plan", "batch.yaml", "--recover", "--endpoint", sim.endpoint, expect=7)
            self.assertIn("certificate", err)

    def test_a_simulated_batch_is_recovered_too(self):
        self.manifest(3)
        self.run_program("run", "--sim", "batch.yaml", expect=0)
        ledger = (self.folder / "state/sim/batch.ledger").read_bytes()
        for file in (self.folder / "state/sim").glob("batch.db*"):
            file.unlink()
        self.run_program("run", "--sim", "batch.yaml", expect=5)
        out, _ = self.run_program("plan", "--sim", "--recover", "batch.yaml", expect=0)
        self.assertIn("recover    3 tasks", out)
        self.run_program("run", "--sim", "--recover", "batch.yaml", expect=0)
        self.assertEqual((self.folder / "state/sim/batch.ledger").read_bytes(), ledger, "nothing was paid twice")

    def test_a_first_run_says_nothing_of_the_check(self):
        self.manifest(1)
        _, err = self.run_program("run", "--sim", "batch.yaml", expect=0)
        self.assertNotIn("lists no generation", err)


if __name__ == "__main__":
    unittest.main()
