"""Local files over the wire: uploaded once, committed through faults, carried on without the manifest."""
import json
import os
import signal
import unittest

import harness

SCENARIO = """
limits: {create_rate: 1000, query_rate: 1000, video: unlimited}
times: {speed: 60}
uploads: {strict_ids: true}
"""
FAULTS = """
faults:
  - {match: {action: ApplyUpload, nth: 1}, http: {status: 502}}
  - {match: {action: PutObject, nth: 1}, drop_after: true}
  - {match: {action: PutObject, nth: 2}, http: {status: 503}}
  - {match: {action: CommitUpload, nth: 1}, drop_after: true}
"""
PNG = b"\x89PNG\r\n\x1a\n"


class Upload(harness.ProgramTest):
    def picture(self, name, size):
        path = self.folder / name
        path.write_bytes(PNG + os.urandom(size - len(PNG)))
        return path

    def write(self, tasks, head=""):
        (self.folder / "batch.yaml").write_text("\n".join(
            ["manifest: 1", "name: batch", self.QUICK, head, "defaults: {model: Kling/2.5, duration: 5}", "tasks:",
             *tasks]) + "\n")

    def command(self, sim, what="run", name="batch.yaml", *more):
        return [what, name, "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, *more]

    def kill_while_uploading(self, sim):
        process = self.start(*self.command(sim))
        for line in process.stderr:
            if "uploading" in line:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)

    def test_a_large_picture_of_many_tasks_is_uploaded_once_through_faults(self):
        self.picture("large.png", 8_000_000)
        self.picture("small.png", 50_000)
        self.write(['  - {id: "big-${repeat}", prompt: "shot ${repeat}", first_frame: large.png, repeat: 12}',
                    "  - {id: little, prompt: a harbour, first_frame: small.png}"])
        with harness.Simulator(self.folder, SCENARIO + FAULTS) as sim:
            self.run_program(*self.command(sim))
            self.run_program(*self.command(sim))
            ledger = sim.stop()
        self.assert_whole(self.report(), 13)
        self.assertEqual(ledger["tasks"], 13)
        self.assertEqual(ledger["uploads"], 1)
        with self.state() as state:
            bodies = [json.loads(body) for (body,) in state.execute("SELECT body FROM body")]
            (file_id,), = state.execute("SELECT file_id FROM upload")
        types = [(body["FileInfos"][0]["Type"], body["FileInfos"][0].get("FileId")) for body in bodies]
        self.assertEqual(types.count(("File", file_id)), 12)
        self.assertEqual(types.count(("Base64", None)), 1)

    def test_a_killed_upload_begins_again_and_inline_files_need_no_file(self):
        self.picture("large.png", 9_000_000)
        inline = self.picture("inline.png", 50_000)
        self.write(["  - {id: a, prompt: a harbour, first_frame: large.png}",
                    "  - {id: b, prompt: a harbour at night, first_frame: inline.png}"])
        slow = SCENARIO + "faults:\n  - {match: {action: PutObject, nth: 1}, slow: 8s}\n"
        with harness.Simulator(self.folder, slow) as sim:
            self.kill_while_uploading(sim)
            inline.unlink()
            (self.folder / "batch.yaml").unlink()
            self.run_program(*self.command(sim, "resume", "batch"))
            ledger = sim.stop()
        self.assert_whole(self.report(), 2)
        self.assertEqual(ledger["uploads"], 1)

    def test_a_file_that_changed_after_planning_is_not_sent(self):
        large = self.picture("large.png", 8_000_000)
        self.write(["  - {id: a, prompt: a harbour, first_frame: large.png}"])
        slow = SCENARIO + "faults:\n  - {match: {action: ApplyUpload, nth: 1}, slow: 8s}\n"
        with harness.Simulator(self.folder, slow) as sim:
            self.kill_while_uploading(sim)
            large.write_bytes(large.read_bytes()[:-1] + bytes([large.read_bytes()[-1] ^ 1]))
            self.run_program(*self.command(sim, "resume", "batch"), expect=1)
            ledger = sim.stop()
        row, = self.report()
        self.assertEqual((row["state"], row["error_code"]), ("failed", "input_changed"))
        self.assertIn("large.png", row["error_message"])
        self.assertEqual(ledger["uploads"], 0)
        self.assertEqual(ledger["tasks"], 0)

    def test_always_uploads_small_ones_and_never_refuses_large_ones(self):
        self.picture("small.png", 1000)
        self.picture("large.png", 7_000_001)
        self.write(["  - {id: a, prompt: a harbour, first_frame: small.png}"], head="upload: always")
        with harness.Simulator(self.folder, SCENARIO) as sim:
            self.run_program(*self.command(sim))
            self.assertEqual(sim.stop()["uploads"], 1)
        self.write(["  - {id: a, prompt: a harbour, first_frame: large.png}"], head="upload: never")
        _, err = self.run_program("validate", "batch.yaml", expect=2)
        self.assertIn("large.png has 7000001 bytes", err)


if __name__ == "__main__":
    unittest.main()
