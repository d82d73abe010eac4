"""Every line of `run --json` against schema/events.schema.json, by an independent validator (python3-jsonschema)."""
import json
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import harness  # noqa: E402

try:
    import jsonschema
except ImportError as missing:
    sys.exit(f"{missing}; `./dev deps` installs python3-jsonschema")

MIXED = """
limits: {video: 2}
times: {video: 10s..20s, speed: 20}
faults:
  - match: {prompt: shot 2}
    fail: {message: Your request was blocked by our moderation system}
  - {match: {action: create, nth: 3}, throttle: true}
"""
ENDLESS = "times: {video: 2h, speed: 1}\n"


class Events(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        out, _ = self.run_program("schema", "events")
        schema = json.loads(out)
        jsonschema.Draft7Validator.check_schema(schema)
        self.validator = jsonschema.Draft7Validator(schema)
        # What a schema lets pass for people who read newer events must be known to ourselves.
        self.strict = {name: set(schema["definitions"][name]["properties"]) | {"version", "at"}
                       for name in ("launch", "task", "notice", "progress", "done")}

    def scenario(self, text):
        path = self.folder / "scenario.yaml"
        path.write_text(text)
        return path

    def events(self, out):
        events = [json.loads(line) for line in out.splitlines()]
        for event in events:
            errors = [error.message for error in self.validator.iter_errors(event)]
            self.assertEqual(errors, [], event)
            self.assertLessEqual(set(event), self.strict[event["event"]], event)
        return events

    def test_of_a_run_from_launch_to_done(self):
        self.manifest(5, head=self.QUICK + "\noutput: {report: report.csv}")
        out, _ = self.run_program("run", "--sim", "--json", "--scenario", self.scenario(MIXED), "batch.yaml", expect=1)
        events = self.events(out)
        names = [event["event"] for event in events]
        self.assertEqual((names[0], names[-1]), ("launch", "done"))
        self.assertEqual((names.count("launch"), names.count("done")), (1, 1))
        self.assertIn("progress", names)
        self.assertIn("notice", names)
        self.assertEqual(events[0]["counts"], {"pending": 5})
        done = events[-1]
        self.assertEqual((done["exit_code"], done["reason"]), (1, "finished"))
        self.assertEqual(done["summary"]["counts"], {"succeeded": 4, "failed": 1})
        self.assertEqual(done["report"], str(self.folder / "report.csv"))
        # The changes of state lead from one to the next, and to the counts at the end. How a task leaves the queue
        # is not told.
        state = {}
        for event in events:
            if event["event"] == "task":
                before = state.get(event["id"], "pending")
                if before in ("pending", "waiting_retry"):
                    before = "submitting"
                self.assertEqual(before, event["from"], event)
                state[event["id"]] = event["to"]
        self.assertEqual(sorted(state.values()), ["failed"] + ["succeeded"] * 4)

    def test_of_an_interrupted_run(self):
        self.manifest(3, head=self.QUICK)
        process = self.start("run", "--sim", "--json", "--scenario", self.scenario(ENDLESS), "batch.yaml")
        lines = []
        while '"to":"running"' not in "".join(lines):
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        events = self.events("".join(lines) + rest)
        self.assertEqual((events[-1]["event"], events[-1]["reason"], events[-1]["exit_code"]),
                         ("done", "interrupted", 130))

    def test_of_a_run_that_stops_early(self):
        self.manifest(3, head=self.QUICK)
        scenario = "faults: [{match: {action: create}, refuse: {code: UnauthorizedOperation}}]\n"
        out, err = self.run_program("run", "--sim", "--json", "--scenario", self.scenario(scenario), "batch.yaml",
                                    expect=3)
        done = self.events(out)[-1]
        self.assertEqual((done["reason"], done["exit_code"]), ("credentials", 3))
        self.assertIn(done["error"]["message"], err)

    def test_of_a_watch(self):
        self.manifest(3, head=self.QUICK)
        run = self.start("run", "--sim", "--scenario", self.scenario(MIXED), "batch.yaml")
        run.stderr.readline()
        out, _ = self.run_program("status", "--sim", "--json", "--watch", "batch")
        run.communicate(timeout=60)
        events = self.events(out)
        self.assertEqual((events[0]["event"], events[-1]["event"]), ("progress", "done"))
        self.assertEqual(events[-1]["summary"]["counts"], {"succeeded": 2, "failed": 1})

    def test_the_schema_refuses_slips(self):
        good = {"event": "task", "version": 1, "at": "2026-08-20T08:00:05.123Z", "id": "a", "generation": 1,
                "from": "pending", "to": "submitting"}
        self.assertTrue(self.validator.is_valid(good))
        for slip in ({"version": 2}, {"event": "tusk"}, {"at": "yesterday"}, {"to": "flying"}, {"generation": 0}):
            self.assertFalse(self.validator.is_valid({**good, **slip}), slip)
        self.assertFalse(self.validator.is_valid({k: v for k, v in good.items() if k != "id"}))


if __name__ == "__main__":
    unittest.main()
