"""Figures of `aigc-batch serve` under load, not verdicts: status requests a second while a run goes on, and how much
slower the run is for it. Needs wrk (Debian's package).

usage: AIGC_BATCH=build/bench/aigc-batch AIGC_SOURCE_DIR=. python3 tests/serve/load.py [--tasks 600] [--seconds 10]
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(os.environ["AIGC_SOURCE_DIR"]) / "tests" / "e2e"))
from harness import ProgramTest, Simulator  # noqa: E402
from serve_test import Server  # noqa: E402

SCENARIO = "times: {video: 2s}\nlimits: {video: unlimited}\n"


def run_seconds(test, sim, tasks, name):
    manifest = test.manifest(tasks, name=name, head=test.QUICK)
    begin = time.monotonic()
    test.run_program("run", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, "--quiet", manifest)
    return time.monotonic() - begin


def wrk(port, path, seconds, connections):
    out = subprocess.run(["nice", "-n", "10", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                          f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    median = re.search(r"50%\s+(\S+)", out).group(1)
    worst = re.search(r"99%\s+(\S+)", out).group(1)
    bad = re.search(r"Non-2xx.*?(\d+)", out)
    return rate, median, worst, int(bad.group(1)) if bad else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=600)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    test = ProgramTest()
    test.setUp()
    try:
        with Simulator(test.folder, SCENARIO) as sim:
            alone = run_seconds(test, sim, options.tasks, "alone")
            with Server(test) as server:
                for connections in (1, 32, 256):
                    rate, median, worst, bad = wrk(server.port, "/api/v1/batches/alone", 3, connections)
                    print(f"no run, {connections} connections: {rate:.0f} requests/s, median {median}, 99 % {worst}, {bad} failed")
                path = "/api/v1/batches/loaded"
                load = None
                manifest = test.manifest(options.tasks, name="loaded", head=test.QUICK)
                begin = time.monotonic()
                run = test.start("run", "--endpoint", sim.endpoint, "--ca-file", sim.ca_file, "--quiet", manifest)
                server.wait_for(lambda batch: batch["name"] == "loaded")
                load = wrk(server.port, path, options.seconds, 32)
                run.communicate(timeout=600)
                loaded = time.monotonic() - begin
                print(f"during a run: {load[0]:.0f} requests/s, median {load[1]}, 99 % {load[2]}, {load[3]} failed")
                print(f"the run of {options.tasks} tasks: {alone:.1f} s alone, {loaded:.1f} s under load "
                      f"({(loaded / alone - 1) * 100:+.1f} %)")
    finally:
        test.doCleanups()


if __name__ == "__main__":
    main()
