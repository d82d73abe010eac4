#!/usr/bin/env python3
"""How long the program thinks before it sends anything, against the goals: plan, run up to the first create, validate.

  plan_bench.py PROGRAM [ROWS]

Writes its manifests into a temporary folder. Wall-clock time suffers from whatever else the machine does, so
the CPU time of the process stands beside it; memory is the largest resident size.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HEAD = "manifest: 1\nname: {name}\ndefaults: {{model: Kling/2.5, duration: 5, resolution: 720P}}\ntasks:\n"


def write_rows(path, count):
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            row = {"id": f"sku-{i:07d}", "product": f"Lamp {i % 977}", "tone": ("calm", "bold", "warm")[i % 3],
                   "scene": "a quiet room in the north"}
            file.write(json.dumps(row) + "\n")


def write_manifests(folder, rows):
    write_rows(folder / "rows.jsonl", rows)
    (folder / "rows.yaml").write_text(
        HEAD.format(name="rows") + "  - id: ${id}\n    from: rows.jsonl\n"
        "    prompt: A ${tone} film about the ${product} in ${scene}, slow camera\n")
    written = rows // 10
    with open(folder / "written.yaml", "w", encoding="utf-8") as file:
        file.write(HEAD.format(name="written"))
        for i in range(written):
            file.write(f"  - id: clip-{i:06d}\n    prompt: A kite number {i} over the dunes at dawn, slow camera\n"
                       "    tags: [kite]\n")
    wrong = (lambda i: f"prompt: A kite\n    duration: {1000 + i}", lambda i: f'prompt: "A ${{nome{i}}}"',
             lambda i: f"prompt: A kite\n    colour{i}: red", lambda i: f"prompt: A kite\n    resolution: {i + 1}P",
             lambda i: f"prompt: A kite\n    first_frame: images/none{i}.png")
    (folder / "errors.yaml").write_text(
        HEAD.format(name="errors") +
        "".join(f"  - id: t{i}\n    {wrong[i % len(wrong)](i)}\n" for i in range(1000)))


def measure(program, arguments, folder, until=None):
    """Runs the program to its end, or until the function says so: (seconds, CPU seconds, MB, output, exit code)."""
    environment = {"PATH": os.environ["PATH"]}
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        process = subprocess.Popen([program, *arguments], cwd=folder, stdout=output, stderr=subprocess.STDOUT,
                                   env=environment)
        seconds = None
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT  # wait4 below tells how
        while until is not None and os.waitid(os.P_PID, process.pid, ended) is None:
            if until():
                seconds = time.monotonic() - start
                process.send_signal(signal.SIGTERM)
                break
            time.sleep(0.02)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start if seconds is None else seconds
        output.seek(0)
        text = output.read().decode(errors="replace")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, process.returncode


def show(label, figures, goal_seconds, goal_mb, right):
    seconds, cpu, megabytes, text, code = figures
    if not right:
        print(f"{label:<44} WRONG: exit {code}\n{text[-500:]}")
        return False
    met = "met" if seconds <= goal_seconds and megabytes <= goal_mb else "MISSED"
    print(f"{label:<44} {seconds:6.2f} s {cpu:6.2f} s CPU {megabytes:5.0f} MB"
          f"   goal {goal_seconds:2d} s {goal_mb:3d} MB: {met}", flush=True)
    return True


def main():
    program = os.path.abspath(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="aigc-bench-") as name:
        folder = pathlib.Path(name)
        write_manifests(folder, rows)
        ok = True
        figures = measure(program, ["plan", "--sim", "rows.yaml"], folder)
        ok &= show(f"plan of {rows} rows, no state", figures, 8, 200, f"to submit  {rows} tasks" in figures[3])
        figures = measure(program, ["plan", "--sim", "written.yaml"], folder)
        ok &= show(f"plan of {rows // 10} tasks in YAML", figures, 3, 250, f"to submit  {rows // 10} tasks" in figures[3])
        figures = measure(program, ["validate", "errors.yaml"], folder)
        ok &= show("validate with 1000 errors", figures, 1, 250, "1000 errors" in figures[3] and figures[4] == 2)
        log = folder / "events.log"  # its first line is about the first create
        figures = measure(program, ["run", "--sim", "--no-download", "--quiet", "--log-file", str(log), "rows.yaml"],
                          folder, until=lambda: log.exists() and log.stat().st_size > 0)
        ok &= show(f"run of {rows} rows, up to the first create", figures, 15, 250, figures[4] in (130, 143))
        figures = measure(program, ["plan", "--sim", "rows.yaml"], folder)
        ok &= show(f"plan of {rows} rows, nothing changed", figures, 10, 250, f"=  {rows} kept" in figures[3])
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
