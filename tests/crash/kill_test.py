"""Real kills: the program against the simulator in another process, over TLS, killed at random moments.

Each round is a batch of its own with a network that loses requests and answers. Its process gets SIGKILL again
and again, at moments drawn from the seed (AIGC_KILL_SEED), until the round's kills are used up; then it is let
run to its end. The service's ledger then says what was paid for: as many tasks as the batch has, none twice,
none lost.
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import harness  # noqa: E402

KILLS = int(os.environ.get("AIGC_KILLS", "200"))
SEED = int(os.environ.get("AIGC_KILL_SEED", "20260820"))
TASKS = 40
KILLS_A_ROUND = 50

FAULTS = """
limits: {create_rate: 1000, query_rate: 1000, video: unlimited}
times: {speed: 60}
faults:
  - {match: {action: create, every: 15}, drop_before: true}
  - {match: {action: create, every: 7}, drop_after: true}
  - {match: {action: create, every: 41}, throttle: true}
  - {match: {action: create, every: 17}, http: {status: 502, after: true}}
  - {match: {action: DescribeTaskDetail, every: 23}, http: {status: 500}}
  - {match: {action: file, every: 7}, file_cut: 3000}
"""


class Kill(harness.ProgramTest):
    # A slow pace, so that a round is long enough to be killed many times in its middle; room for many
    # tasks, so that those whose answers are lost are looked for at the same time.
    PACE = "limits: {max_in_flight: 30, submit_rate: 20, poll_rate: 100, first_look: 200ms, look_every: 200ms}"

    def test_at_random_moments(self):
        chance = random.Random(SEED)
        survived = accepted = rounds = 0
        while survived < KILLS:
            rounds += 1
            name = f"round-{rounds}"
            self.manifest(TASKS, name=name, head=self.PACE)
            with harness.Simulator(self.folder, FAULTS) as sim:
                command = ["run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file]
                kills = 0
                while kills < min(KILLS_A_ROUND, KILLS - survived):
                    process = self.start(*command)
                    # Most of them early, where the program takes up what was on its way.
                    try:
                        process.communicate(timeout=chance.choice([0.02, 0.1, 0.3, 1.0]) * (0.2 + chance.random()))
                        break  # it came to its end before
                    except subprocess.TimeoutExpired:
                        process.send_signal(signal.SIGKILL)
                        process.communicate()
                        kills += 1
                self.run_program(*command)
                ledger = sim.stop()
            self.assertGreater(kills, 0)
            survived += kills
            with self.subTest(seed=SEED, round=rounds):
                self.assert_whole(self.report(name), TASKS)
                self.assertEqual(ledger["tasks"], TASKS, "tasks accepted by the service")
                accepted += ledger["tasks"]
        print(f"{survived} kills in {rounds} rounds: {accepted} tasks accepted of {rounds * TASKS}, 0 lost",
              file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
