"""Money as a user meets it: a budget that stops a run, price lists, and what cannot be priced."""
import json
import unittest

import harness

QUICK = "limits: {max_in_flight: 4, submit_rate: 20, poll_rate: 100, first_look: 200ms, look_every: 200ms%s}"
SCENARIO = "limits: {create_rate: 1000, query_rate: 1000, video: unlimited}\ntimes: {speed: 60}\n"
PRICES = "prices: 1\ncurrency: USD\nrows:\n  - {model: Kling, unit: second, price: 0.20}\n"


class Budget(harness.ProgramTest):
    def run_against(self, sim, *more, command="run", batch="batch.yaml", expect=0):
        return self.run_program(command, batch, "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, *more,
                                expect=expect)

    def states(self):
        return [row["state"] for row in self.report()]

    def test_stops_with_4_and_carries_on_with_a_larger_one(self):
        (self.folder / "prices.yaml").write_text(PRICES)
        self.manifest(6, head="prices: prices.yaml\n" + QUICK % ", budget: 2.99")
        with harness.Simulator(self.folder, SCENARIO) as sim:
            out, err = self.run_against(sim, expect=4)
            self.assertEqual(self.states(), ["succeeded"] * 2 + ["pending"] * 4)
            self.assertIn("the budget is reached: USD 2.00 spent and USD 0.00 reserved of USD 2.99; 4 tasks wait", err)
            self.assertIn("--budget", err)
            self.assertIn("cost: USD 2.00 spent of a budget of USD 2.99 (estimated)", out)
            self.run_against(sim, expect=4)
            status, _ = self.run_program("status", "batch", "--json")
            self.assertEqual(json.loads(status)["cost"], {
                "currency": "USD", "verified": True, "spent": 2, "reserved": 0, "budget": 2.99,
                "unpriced_submissions": 0})
            self.run_against(sim, "--budget", "4", command="resume", batch="batch", expect=4)
            self.assertEqual(self.states().count("succeeded"), 4)
            self.run_against(sim, "--budget", "6")
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 6)
        rows = self.report()
        self.assert_whole(rows, 6)
        self.assertEqual({(row["estimated_cost"], row["currency"]) for row in rows}, {("1.00", "USD")})

    def test_refuses_what_has_no_price_before_anything_is_sent(self):
        (self.folder / "prices.yaml").write_text(PRICES.replace("Kling", "Hailuo"))
        self.manifest(3, head=QUICK % ", budget: 100")
        with harness.Simulator(self.folder, SCENARIO) as sim:
            _, err = self.run_against(sim, "--prices", "prices.yaml", expect=2)
            self.assertIn("that of 3 tasks is not: 3 of Kling/2.5 (clip-0001: no price for Kling/2.5)", err)
            self.assertIn("allow_unpriced", err)
            out, _ = self.run_against(sim, "--prices", "prices.yaml", "--allow-unpriced")
            self.assertIn("3 submissions without a known price", out)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 3)
        self.assertEqual({(row["estimated_cost"], row["currency"]) for row in self.report()}, {("", "")})

    def test_does_not_add_one_currency_to_another(self):
        (self.folder / "prices.yaml").write_text(PRICES)
        self.manifest(2, head=QUICK % "")
        with harness.Simulator(self.folder, SCENARIO) as sim:
            out, _ = self.run_against(sim)
            self.assertIn("cost: CNY 3.00 spent (estimated, unverified prices)", out)
            self.manifest(3, head=QUICK % "")
            _, err = self.run_against(sim, "--prices", "prices.yaml", expect=2)
            self.assertIn("the prices are in USD, and CNY 3.00 of this batch is spent or reserved already", err)
            ledger = sim.stop()
        self.assertEqual(ledger["tasks"], 2)

    def test_tells_all_that_is_wrong_with_a_price_list(self):
        (self.folder / "prices.yaml").write_text(PRICES.replace("0.20", "-1").replace("unit", "unti"))
        self.manifest(1, head="prices: prices.yaml")
        for command in ("validate", "run"):
            _, err = self.run_program(command, "batch.yaml", expect=2)
            self.assertIn("prices.yaml:4:20: error: \"unti\" is not known here", err)
            self.assertIn("did you mean unit?", err)
            self.assertIn("prices.yaml:4:41: error: a price cannot be negative: -1", err)
        _, err = self.run_program("run", "batch.yaml", "--prices", "nowhere.yaml", expect=2)
        self.assertIn("nowhere.yaml", err)
        schema, _ = self.run_program("schema", "prices")
        self.assertIn("currency", json.loads(schema)["required"])

    def test_says_before_what_it_will_cost(self):
        self.manifest(2, head="")
        out, _ = self.run_program("run", "--dry-run", "batch.yaml")
        self.assertIn("cost       CNY 3.00 (unverified)", out)
        out, _ = self.run_program("run", "--dry-run", "--json", "batch.yaml")
        self.assertEqual(json.loads(out)["cost"],
                         {"amount": 3, "currency": "CNY", "verified": False, "unpriced": 0})


if __name__ == "__main__":
    unittest.main()
