#!/usr/bin/env python3
"""The program against the simulator process over TLS: tasks a second and CPU a task of the runner.

  over_tls.py PROGRAM [TASKS]

Both processes share this machine's cores. Limits are off, generation takes moments, the state is durable.
"""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

SCENARIO = """
limits: {create_rate: 100000, query_rate: 100000, video: unlimited}
times: {speed: 100000}
"""


def main():
    program = os.path.abspath(sys.argv[1])
    tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    environment = {"PATH": os.environ["PATH"], "TENCENTCLOUD_SECRET_ID": "bench", "TENCENTCLOUD_SECRET_KEY": "bench",
                   "TENCENTCLOUD_VOD_SUB_APP_ID": "1500000001"}
    with tempfile.TemporaryDirectory(prefix="aigc-bench-") as folder:
        path = pathlib.Path(folder)
        (path / "scenario.yaml").write_text(SCENARIO)
        lines = ["manifest: 1", "name: bench", "defaults: {model: Kling/2.5, duration: 5, resolution: 720P}",
                 "limits: {max_in_flight: 64, submit_rate: 100000, poll_rate: 100000, first_look: 1ms,"
                 " look_every: 1ms, downloads: 16}", "tasks:"]
        lines += [f"  - {{id: t{i}, prompt: A kite over the dunes}}" for i in range(tasks)]
        (path / "bench.yaml").write_text("\n".join(lines) + "\n")
        sim = subprocess.Popen([program, "sim", "--port", "0", "--scenario", "scenario.yaml"], cwd=folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        info = json.loads(sim.stdout.readline())
        for label, flags in (("over TLS", ["--no-download"]), ("over TLS, downloads", ["--state", "state2", "--fresh"])):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            start = time.monotonic()
            subprocess.run([program, "run", "bench.yaml", "--quiet", "--endpoint", f"https://127.0.0.1:{info['port']}",
                            "--ca-file", info["ca"], *flags], cwd=folder, env=environment, check=True,
                           stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - start
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{label:<34} {tasks:8d} tasks {tasks / seconds:9.0f} tasks/s {cpu * 1e3 / tasks:8.3f} ms CPU/task")
        sim.send_signal(signal.SIGTERM)
        sim.communicate(timeout=60)


if __name__ == "__main__":
    main()
