"""aigc-batch serve: the two calls of the service before, the dashboard's API, and who may ask for what."""
import concurrent.futures
import http.client
import json
import shutil
import signal
import socket
import subprocess
import unittest

from harness import PROGRAM, ProgramTest, Simulator

TOKEN = "0123456789abcdef-token"
FAST = """
times: {video: 300ms}
limits: {video: 4}
"""


class Server:
    """aigc-batch serve on a free port; `with Server(test, sim) as server: …`"""

    def __init__(self, test, sim=None, *arguments, **environment):
        command = ["serve", "--port", "0", "--json", *arguments]
        if sim:
            command += ["--endpoint", sim.endpoint, "--ca-file", sim.ca_file]
        self.process = test.start(*command, **environment)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.port = json.loads(line)["port"]

    def ask(self, method, path, body=None, headers=None, timeout=90):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = dict(headers or {})
            if body is not None:
                headers.setdefault("Content-Type", "application/json")
                body = body if isinstance(body, (str, bytes)) else json.dumps(body)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            return answer, data
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None, expect=200):
        answer, data = self.ask(method, path, body, headers)
        if answer.status != expect:
            raise AssertionError(f"{method} {path}: {answer.status} {data[:500]}")
        return json.loads(data)

    def create(self, **body):
        return self.json("POST", "/aigc/create", body)["Response"]["TaskId"]

    def events(self):
        """The data of the events that come in, without end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        connection.request("GET", "/api/v1/events")
        answer = connection.getresponse()
        try:
            while line := answer.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
        finally:
            connection.close()

    def wait_for(self, condition):
        for news in self.events():
            for batch in news["batches"]:
                if condition(batch):
                    return batch
        raise AssertionError("the events ended")

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, err

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class TwoCalls(ProgramTest):
    def test_a_call_is_made_once_and_told_as_the_service_tells_it(self):
        with Simulator(self.folder, FAST) as sim, Server(self, sim) as server:
            answer, data = server.ask("POST", "/aigc/create", {"prompt": "a kite", "seed": 1})
            self.assertEqual(answer.status, 200, data)
            self.assertIn("seed", answer.getheader("Warning"))
            task_id = json.loads(data)["Response"]["TaskId"]
            detail = server.json("POST", "/aigc/task", {"task_id": task_id})["Response"]
            self.assertIn(detail["Status"], ("WAITING", "PROCESSING", "FINISH"))
            self.assertEqual(detail["AigcVideoTask"]["Input"]["ModelName"], "Hailuo")
            self.assertEqual(detail["AigcVideoTask"]["Input"]["ModelVersion"], "2.3")
            self.assertEqual(detail["AigcVideoTask"]["Input"]["EnhancePrompt"], "Enabled")
            self.assertEqual(detail["AigcVideoTask"]["Input"]["OutputConfig"]["Duration"], 6)
            self.assertEqual(detail["AigcVideoTask"]["Input"]["OutputConfig"]["Resolution"], "768P")
            self.assertIn("detail", server.json("POST", "/aigc/task", {"task_id": "none"}, expect=404))
            server.wait_for(lambda batch: batch["name"] == "serve" and batch["counts"].get("succeeded") == 1)
            page = server.json("GET", "/api/v1/batches/serve/tasks")
            task = page["tasks"][0]
            self.assertEqual(task["task_id"], task_id)
            path = f"/api/v1/batches/serve/tasks/{task['id']}/outputs/1"
            answer, data = server.ask("GET", path)
            self.assertEqual((answer.status, len(data)), (200, task["outputs"][0]["bytes"]))
            answer, part = server.ask("GET", path, headers={"Range": "bytes=2-5"})
            self.assertEqual((answer.status, part), (206, data[2:6]))
            code, err = server.stop()
            self.assertEqual(code, 0, err)
            self.assertEqual(sim.stop()["tasks"], 1)

    def test_the_account_is_not_overrun_however_many_call_at_once(self):
        with Simulator(self.folder, FAST) as sim, Server(self, sim, "--max-in-flight", "4") as server:
            with concurrent.futures.ThreadPoolExecutor(40) as pool:
                ids = list(pool.map(lambda i: server.create(prompt=f"shot {i}", model_name="Kling", model_version="2.1"), range(40)))
            self.assertEqual(len(set(ids)), 40)
            server.wait_for(lambda batch: batch["counts"].get("succeeded") == 40)
            summary = server.json("GET", "/api/v1/batches/serve")
            self.assertEqual(summary["failures"], [])
            server.stop()
            rows = self.report("serve")
            self.assertEqual({row["attempts"] for row in rows}, {"1"})
            ledger = sim.stop()
            self.assertEqual((ledger["tasks"], ledger["duplicates"]), (40, 0))
            self.assertEqual(ledger["requests"]["CreateAigcVideoTask"], 40)

    def test_a_killed_server_goes_on_and_pays_nothing_twice(self):
        scenario = "times: {video: 3s}\nlimits: {video: 4}\n"
        with Simulator(self.folder, scenario) as sim:
            with Server(self, sim, "--max-in-flight", "2") as server:
                first = server.create(prompt="a")
                second = server.create(prompt="b")
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    waiting = pool.submit(server.ask, "POST", "/aigc/create", {"prompt": "c"})
                    server.wait_for(lambda batch: batch["counts"].get("pending") == 1)
                    server.process.kill()
                    with self.assertRaises((http.client.HTTPException, OSError)):
                        waiting.result()
            with Server(self, sim) as server:
                server.wait_for(lambda batch: batch["counts"].get("succeeded") == 2)
                self.assertEqual(server.json("GET", "/api/v1/batches/serve")["counts"], {"succeeded": 2, "cancelled": 1})
                server.stop()
            rows = {row["prompt"]: row for row in self.report("serve")}
            self.assertEqual((rows["a"]["task_id"], rows["b"]["task_id"]), (first, second))
            self.assertEqual(sim.stop()["tasks"], 2)

    def test_whoever_waits_is_told_when_the_server_stops(self):
        with Simulator(self.folder, "times: {video: 60s}\nlimits: {video: 4}\n") as sim, \
                Server(self, sim, "--max-in-flight", "1") as server:
            server.create(prompt="a")
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(server.json, "POST", "/aigc/create", {"prompt": "b"}, None, 503)
                server.wait_for(lambda batch: batch["counts"].get("pending") == 1)
                code, err = server.stop(signal.SIGINT)
                self.assertIn("nothing was sent", waiting.result()["detail"])
            self.assertEqual(code, 0, err)
            self.assertEqual({row["prompt"]: row["state"] for row in self.report("serve")},
                             {"a": "running", "b": "cancelled"})

    def test_the_budget_holds_and_says_so(self):
        with Simulator(self.folder, FAST) as sim, Server(self, sim, "--budget", "2.50", "--max-in-flight", "4") as server:
            server.create(prompt="a")  # 1.98 by the catalog
            self.assertIn("budget", server.json("POST", "/aigc/create", {"prompt": "b"}, expect=402)["detail"])
            server.stop()
            self.assertEqual(sim.stop()["tasks"], 1)

    def test_without_credentials_it_looks_and_says_why_it_cannot_call(self):
        with Server(self, None, TENCENTCLOUD_SECRET_ID=None) as server:
            self.assertIn("TENCENTCLOUD_SECRET_ID", server.json("POST", "/aigc/create", {"prompt": "a"}, expect=500)["detail"])
            self.assertEqual(server.json("GET", "/api/v1/batches"), {"batches": []})
            _, err = server.stop()
            self.assertIn("will answer 500", err)

    def test_credentials_that_are_refused_are_told_to_the_caller(self):
        with Simulator(self.folder, FAST) as sim, Server(self, sim, TENCENTCLOUD_SECRET_KEY="not-the-key") as server:
            detail = server.json("POST", "/aigc/create", {"prompt": "a"}, expect=500)["detail"]
            self.assertIn("nothing was sent", detail)
            self.assertNotIn("not-the-key", detail)
            server.stop()
            self.assertEqual(sim.stop()["tasks"], 0)


class Batches(ProgramTest):
    def test_retry_and_cancel_reach_a_batch_with_and_without_a_run(self):
        manifest = self.manifest(4, head=self.QUICK)
        self.run_program("run", "--sim", "--task", "clip-0001", manifest)
        with Server(self, None, "--sim") as server:
            batch = "/api/v1/batches/batch"
            self.assertEqual(server.json("POST", batch + "/cancel", {"tasks": ["clip-0002"]})["cancelled"], 1)
            again = {"tasks": ["clip-0001"], "again": True}
            self.assertIn("paid for again", server.json("POST", batch + "/retry", again, expect=409)["error"]["message"])
            self.assertEqual(server.json("POST", batch + "/retry", {**again, "confirm": True})["queued"], 1)
            self.assertEqual(server.json("GET", batch + "/tasks?state=cancelled")["tasks"][0]["id"], "clip-0002")
            run = self.start("run", "--sim", "--max-in-flight", "1", manifest)
            server.wait_for(lambda one: one["name"] == "batch" and one["running"] and one["counts"].get("running"))
            done = server.json("POST", batch + "/cancel", {"tasks": ["clip-0004"]})
            self.assertEqual(done["taken_up"], "run", done)
            run.communicate(timeout=120)
            states = {row["id"]: row["state"] for row in csv_rows(self, "--sim")}
            self.assertEqual((states["clip-0001"], states["clip-0002"], states["clip-0003"]),
                             ("succeeded", "cancelled", "succeeded"))
            self.assertEqual(states["clip-0004"], "cancelled")

    def test_pause_and_resume_reach_a_batch_with_and_without_a_run(self):
        manifest = self.manifest(4, head=self.QUICK)
        with Server(self, None, "--sim") as server:
            self.run_program("run", "--sim", "--task", "clip-0001", manifest)
            batch = "/api/v1/batches/batch"
            self.assertEqual(server.json("POST", batch + "/pause", {"all": True})["taken_up"], "here")
            self.run_program("run", "--sim", manifest, expect=4)
            self.assertEqual(server.json("POST", batch + "/resume", {"all": True})["changed"], 1)
            run = self.start("run", "--sim", "--max-in-flight", "1", manifest)
            server.wait_for(lambda one: one["name"] == "batch" and one["running"] and one["counts"].get("running"))
            done = server.json("POST", batch + "/pause", {"all": True})
            self.assertEqual(done["taken_up"], "run", done)
            server.wait_for(lambda one: one["name"] == "batch" and not one["counts"].get("running"))
            self.assertIsNone(run.poll())
            self.assertEqual(server.json("POST", batch + "/resume", {"all": True})["taken_up"], "run")
            run.communicate(timeout=120)
            self.assertEqual(server.json("GET", batch)["counts"], {"succeeded": 4})

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_prometheus_reads_the_metrics(self):
        self.run_program("run", "--sim", self.manifest(3, head=self.QUICK))
        with Server(self, None, "--sim") as server:
            server.ask("GET", "/nothing")
            answer, data = server.ask("GET", "/metrics")
            self.assertTrue(answer.getheader("Content-Type").startswith("text/plain; version=0.0.4"))
            checked = subprocess.run(["promtool", "check", "metrics"], input=data, capture_output=True)
            self.assertEqual((checked.returncode, checked.stderr), (0, b""), checked.stderr)
            self.assertIn(b'aigc_batch_tasks{batch="batch",state="succeeded"} 3\n', data)


def csv_rows(test, *arguments):
    import csv
    out, _ = test.run_program("report", *arguments, "batch")
    return list(csv.DictReader(out.splitlines(keepends=True)))


class WhoMayAsk(ProgramTest):
    def test_others_need_a_token(self):
        out, err = self.run_program("serve", "--sim", "--port", "0", "--host", "0.0.0.0", expect=2)
        self.assertIn("token", err)
        self.run_program("serve", "--sim", "--port", "0", "--host", "0.0.0.0", expect=2, AIGC_BATCH_SERVE_TOKEN="short")
        with Server(self, None, "--sim", "--host", "0.0.0.0", AIGC_BATCH_SERVE_TOKEN=TOKEN) as server:
            bearer = {"Authorization": "Bearer " + TOKEN}
            server.json("GET", "/healthz")
            server.json("GET", "/api/v1/batches", expect=401)
            server.json("POST", "/aigc/create", {"prompt": "a"}, expect=401)
            server.json("GET", "/api/v1/batches", headers=bearer)
            server.json("POST", "/sign-in", {"token": "x" * 20}, expect=401)
            answer, _ = server.ask("POST", "/sign-in", {"token": TOKEN})
            cookie = answer.getheader("Set-Cookie").split(";")[0]
            server.json("GET", "/api/v1/batches", headers={"Cookie": cookie})
            server.json("GET", "/api/v1/batches", headers={"Cookie": cookie, "Host": "evil.example"}, expect=421)
            server.json("POST", "/aigc/create", {"prompt": "a"}, {"Cookie": cookie, "Origin": "http://evil.example"}, 403)
            code, err = server.stop()
            self.assertEqual(code, 0)
            self.assertNotIn(TOKEN, err)

    def test_a_thousand_idle_and_slow_connections_do_not_stop_it(self):
        with Server(self, None, "--sim") as server:
            idle = []
            try:
                for i in range(1000):
                    one = socket.create_connection(("127.0.0.1", server.port), timeout=20)
                    idle.append(one)
                    if i % 2:
                        one.sendall(b"GET /healthz HT")
                self.assertEqual(server.json("GET", "/healthz")["status"], "ok")
                server.json("GET", "/api/v1/batches")
                # Cut off after five seconds.
                idle[0].settimeout(20)
                self.assertEqual(idle[0].recv(1), b"")
                self.assertTrue(idle[1].recv(100).startswith(b"HTTP/1.1 408 "))
            finally:
                for one in idle:
                    one.close()

    def test_a_port_that_is_taken_is_said(self):
        with Server(self, None, "--sim") as server:
            _, err = self.run_program("serve", "--sim", "--port", str(server.port), expect=6)
            self.assertIn("cannot listen", err)


if __name__ == "__main__":
    unittest.main()
