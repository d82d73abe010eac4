#!/usr/bin/env python3
"""Real time over TLS at the service's own rate: how much is refused, and how long it takes.

  at_the_rate.py PROGRAM [TASKS]

The simulator takes 20 creates a second, the manifest says 20. Least: the time that so many creates take at that
rate. Goals: at most 0.5 % refused, at most 1.03 times the least.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

RATE = 20
SCENARIO = f"""
limits: {{create_rate: {RATE}, query_rate: 100, video: unlimited}}
times: {{speed: 100000}}
"""


def main():
    program = os.path.abspath(sys.argv[1])
    tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    environment = {"PATH": os.environ["PATH"], "TENCENTCLOUD_SECRET_ID": "bench", "TENCENTCLOUD_SECRET_KEY": "bench",
                   "TENCENTCLOUD_VOD_SUB_APP_ID": "1500000001"}
    with tempfile.TemporaryDirectory(prefix="aigc-bench-") as folder:
        path = pathlib.Path(folder)
        (path / "scenario.yaml").write_text(SCENARIO)
        lines = ["manifest: 1", "name: rate", "defaults: {model: Kling/2.5, duration: 5, resolution: 720P}",
                 f"limits: {{max_in_flight: 400, submit_rate: {RATE}, poll_rate: 100, first_look: 50ms,"
                 " look_every: 50ms}", "tasks:"]
        lines += [f"  - {{id: t{i}, prompt: A kite over the dunes}}" for i in range(tasks)]
        (path / "rate.yaml").write_text("\n".join(lines) + "\n")
        sim = subprocess.Popen([program, "sim", "--port", "0", "--scenario", "scenario.yaml"], cwd=folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        info = json.loads(sim.stdout.readline())
        start = time.monotonic()
        subprocess.run([program, "run", "rate.yaml", "--quiet", "--no-download", "--log-file", "log.txt", "--endpoint",
                        f"https://127.0.0.1:{info['port']}", "--ca-file", info["ca"]], cwd=folder, env=environment,
                       check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        log = (path / "log.txt").read_text()
        refused = len(re.findall("not accepted, again in", log))
        least = tasks / RATE
        print(f"{tasks} creates at {RATE}/s over TLS: {seconds / least:.4f} of the least time (goal 1.03), "
              f"{100 * refused / tasks:.2f} % refused (goal 0.5)")
        sim.send_signal(signal.SIGTERM)
        sim.communicate(timeout=60)


if __name__ == "__main__":
    main()
