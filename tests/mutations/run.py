#!/usr/bin/env python3
"""Proves that the simulation can fail: breaks the product on purpose and expects to be told.

For each NAME.patch here: apply it to a copy of the source, build the simulation there, run seeds until one
fails. A patch that no longer applies, does not compile, or is not noticed within the seeds is a failure of
this script. The copy lies in build/mutations and is kept, so that the next patch compiles one file.

usage: run.py [--seeds N] [NAME…]      (./dev test --mutations)
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCE = ROOT / "build" / "mutations"
BUILD = SOURCE / "build" / "dev"  # as in a checkout, so that a compiler cache serves it
PROGRAM = BUILD / "tests" / "pipeline" / "simulation_test"


def sync_source():
    """Brings the copy up to date, touching only what differs, so that ninja has little to do."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                            capture_output=True).stdout.decode().split("\0")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in wanted:
        target = SOURCE / name
        data = (ROOT / name).read_bytes()
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            shutil.copymode(ROOT / name, target)
    for path in list(SOURCE.rglob("*")):
        name = str(path.relative_to(SOURCE))
        if path.is_file() and name not in wanted and not name.startswith("build/"):
            path.unlink()


def run(command, **more):
    return subprocess.run(command, cwd=SOURCE, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def build():
    if not (BUILD / "build.ninja").exists():
        done = run(["cmake", "--preset", "dev"])
        if done.returncode:
            return done
    return run(["ninja", "-C", str(BUILD), "simulation_test"])


def first_failing_seed(most):
    """Runs seeds 1 … most in growing portions, on all cores; the first that fails, or None."""
    jobs = os.cpu_count() or 1
    begin, portion = 1, 32
    while begin <= most:
        portion = min(portion, most - begin + 1)
        share = -(-portion // jobs)
        running = []
        for first in range(begin, begin + portion, share):
            count = min(share, begin + portion - first)
            running.append(subprocess.Popen(
                [str(PROGRAM), "--gtest_brief=1", "--gtest_filter=Shard/*", "--gtest_fail_fast"],
                env={**os.environ, "AIGC_FIRST_SEED": str(first), "AIGC_SEEDS": str(count)}, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        outputs = [process.communicate()[0] for process in running]
        for process, output in zip(running, outputs):
            if process.returncode:
                lines = output.splitlines()
                for number, line in enumerate(lines):
                    if line.startswith("seed "):
                        return f"{line}: {lines[number + 1].strip()}"
                return f"seeds {begin} …: {(lines or ['no output'])[-1]}"
        begin += portion
        portion *= 4
    return None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    patches = sorted(HERE.glob("*.patch"))
    if arguments.names:
        patches = [patch for patch in patches if patch.stem in arguments.names]
        patches.sort(key=lambda patch: arguments.names.index(patch.stem))
    if not patches:
        sys.exit("no such mutation")

    failures = 0
    for patch in patches:
        started = time.monotonic()
        sync_source()
        applied = run(["patch", "-p1", "--forward", "--no-backup-if-mismatch", "-i", str(patch)])
        if applied.returncode:
            verdict, caught = "DOES NOT APPLY", False
        elif (built := build()).returncode:
            verdict, caught = "DOES NOT COMPILE\n" + built.stdout[-2000:], False
        else:
            found = first_failing_seed(arguments.seeds)
            verdict, caught = (f"caught by {found}", True) if found else ("NOT CAUGHT", False)
        failures += not caught
        print(f"{patch.stem:32} {verdict}  ({time.monotonic() - started:.0f} s)", flush=True)
    sync_source()
    print(f"{len(patches) - failures} of {len(patches)} mutations caught")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
