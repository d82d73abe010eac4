"""plan, and the question before a run that spends money, asked on a terminal that is made here."""
import json
import os
import pty
import re
import select
import subprocess
import unittest

import harness


class Plan(harness.ProgramTest):
    def write(self, *tasks):
        lines = ["manifest: 1", "name: batch", "defaults: {model: Kling/2.5, duration: 5, resolution: 720P}",
                 "limits: {first_look: 200ms, look_every: 200ms}", "tasks:"]
        lines += [f"  - {{id: {name}, prompt: '{prompt}'}}" for name, prompt in tasks]
        (self.folder / "batch.yaml").write_text("\n".join(lines) + "\n")

    def plan(self, *more):
        out, _ = self.run_program("plan", "batch.yaml", "--json", *more, TENCENTCLOUD_SECRET_ID=None,
                                  TENCENTCLOUD_SECRET_KEY=None)
        return json.loads(out)

    def run_on_terminal(self, *arguments, answer=None):
        """Standard input and error are a terminal; `answer` is typed when the question is there."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([harness.PROGRAM, *map(str, arguments)], cwd=self.folder, stdin=theirs,
                                   stderr=theirs, stdout=subprocess.DEVNULL, env=self.environment(TERM="xterm"))
        os.close(theirs)
        seen = b""
        while True:
            ready, _, _ = select.select([ours], [], [], harness.TIME_LIMIT)
            self.assertTrue(ready, f"nothing more came: {seen[-2000:]!r}")
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            seen += piece
            if answer is not None and b"[y/N]" in seen:
                os.write(ours, answer.encode() + b"\n")
                answer = None
        os.close(ours)
        return process.wait(timeout=60), seen.decode(errors="replace")

    def test_tells_every_kind_of_edit_and_the_run_does_it(self):
        with harness.Simulator(self.folder, "times: {speed: 60}\n") as sim:
            to = ("--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
            self.write(("fox", "a fox"), ("hare", "a hare"), ("cat", "a cat"), ("dog", "a dog"))
            self.assertEqual(self.plan("--endpoint", sim.endpoint)["new"], 4)
            self.assertFalse((self.folder / "state").exists(), "plan writes nothing")
            self.run_program("run", "batch.yaml", *to)
            self.write(("fox", "a fox"), ("hare", "a white hare"), ("kitten", "a cat"), ("owl", "an owl"))
            plan = self.plan("--detailed", "--endpoint", sim.endpoint)
            self.assertEqual([(t["what"], t["id"]) for t in plan["tasks"]],
                             [("kept", "fox"), ("changed", "hare"), ("renamed", "kitten"), ("new", "owl"),
                              ("left_out", "dog")])
            self.assertEqual(plan["tasks"][1]["changed"], "prompt")
            self.assertEqual(plan["tasks"][2]["from"], "cat")
            self.assertEqual((plan["remade"], plan["to_submit"], plan["video_seconds"]), (1, 2, 10))
            self.assertEqual(plan["cost"], {"amount": 3, "currency": "CNY", "verified": False, "unpriced": 0})
            (self.folder / "none.yaml").write_text("prices: 1\ncurrency: EUR\nrows:\n"
                                                   "  - {model: Vidu, unit: second, price: 1}\n")
            unpriced = self.plan("--endpoint", sim.endpoint, "--prices", "none.yaml")["cost"]
            self.assertEqual((unpriced["amount"], unpriced["unpriced"]), (None, 2), "unknown is never 0")
            text, _ = self.run_program("run", "batch.yaml", "--dry-run", "--detailed", *to)
            self.assertIn("~  hare  Kling/2.5  5 s  (prompt; made and paid again)", text)
            self.assertIn("-> cat → kitten  (succeeded)", text)
            _, err = self.run_program("run", "batch.yaml", *to, expect=2)
            self.assertIn("made and paid for again", err)
            self.run_program("run", "batch.yaml", *to, "--yes")
            self.write(("fox", "a fox"), ("hare", "a hare"), ("kitten", "a cat"), ("owl", "an owl"))
            plan = self.plan("--endpoint", sim.endpoint)
            self.assertEqual((plan["back"], plan["kept"], plan["to_submit"]), (1, 3, 0))
            self.run_program("run", "batch.yaml", *to)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 6)

    def test_another_catalog_makes_nothing_anew(self):
        """Other prices, other levels, other spellings, another note: none of it is what was asked for."""
        self.write(("fox", "a fox"), ("hare", "a hare"))
        self.run_program("run", "batch.yaml", "--sim", "--quiet")
        catalog = (harness.SOURCE / "runner/catalog/data/models.yaml").read_text()
        edits = {"prices": (r'("720P": )[0-9.]+', r"\g<1>9.5"),
                 "levels": (r"level: error", "level: warn"),
                 "spellings": (r"720P", "720p"),
                 "as_of": (r'as_of: ".*"', 'as_of: "2027-01-01"')}
        for what, (old, new) in edits.items():
            edited, count = re.subn(old, new, catalog)
            self.assertGreater(count, 0, what)
            (self.folder / "other.yaml").write_text(edited)
            plan = self.plan("--sim", "--catalog", "other.yaml")
            self.assertEqual((plan["kept"], plan["to_submit"]), (2, 0), what)
        self.write(("fox", "a fox"), ("hare", "another hare"))  # and it does look at them
        self.assertEqual(self.plan("--sim", "--catalog", "other.yaml")["changed"], 1)

    def test_asks_on_a_terminal_before_money_is_spent(self):
        with harness.Simulator(self.folder, "times: {speed: 60}\n") as sim:
            run = ("run", "batch.yaml", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file)
            self.write(("fox", "a fox"), ("hare", "a hare"))
            status, seen = self.run_on_terminal(*run, answer="n")
            self.assertEqual(status, 2, seen)
            self.assertIn("to submit  2 tasks, 10 s of video", seen)
            self.assertIn("nothing was sent", seen)
            self.assertEqual(self.plan("--endpoint", sim.endpoint)["new"], 2, "a no leaves nothing behind")
            status, seen = self.run_on_terminal(*run, answer="y")
            self.assertEqual(status, 0, seen)
            status, seen = self.run_on_terminal(*run)
            self.assertEqual(status, 0, seen)
            self.assertNotIn("[y/N]", seen, "nothing is left to be paid for")
            self.write(("fox", "a red fox"), ("hare", "a hare"))
            status, seen = self.run_on_terminal(*run, "--yes")
            self.assertEqual(status, 0, seen)
            self.assertNotIn("[y/N]", seen)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 3)

    def test_does_not_ask_when_it_only_simulates(self):
        self.write(("fox", "a fox"))
        status, seen = self.run_on_terminal("run", "batch.yaml", "--sim")
        self.assertEqual(status, 0, seen)
        self.assertNotIn("[y/N]", seen)


if __name__ == "__main__":
    unittest.main()
