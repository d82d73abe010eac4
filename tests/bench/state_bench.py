#!/usr/bin/env python3
"""A state of a million tasks: how long the commands take that look at it, and a run to its first request.

  state_bench.py PROGRAM [ROWS]

One task is run against the simulator process; its rows are the pattern for ROWS more, written with SQL: 99 of a
hundred done, the rest pending, one in ten thousand failed. Every command is measured at rest and while a run goes on.
"""
import json
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SCENARIO = """
limits: {create_rate: 100000, query_rate: 100000, video: unlimited}
times: {speed: 1}
faults:
  - {match: {prompt: first of all}, takes: 1ms}
"""
MANIFEST = """
manifest: 1
name: big
defaults: {model: Kling/2.5, duration: 5, resolution: 720P}
limits: {max_in_flight: 1000, submit_rate: 100000, poll_rate: 1000}
tasks:
  - {id: task-0000000, prompt: The first of all}
"""
CHILD_TABLES = ("spec", "submission", "body", "send", "charge", "artifact", "journal")


class Bench:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "TENCENTCLOUD_SECRET_ID": "bench",
                            "TENCENTCLOUD_SECRET_KEY": "bench", "TENCENTCLOUD_VOD_SUB_APP_ID": "1500000001"}
        self.missed = 0

    def start_simulator(self):
        (self.folder / "scenario.yaml").write_text(SCENARIO)
        self.sim = subprocess.Popen([self.program, "sim", "--port", "0", "--scenario", "scenario.yaml"],
                                    cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env=self.environment)
        info = json.loads(self.sim.stdout.readline())
        self.flags = ["--endpoint", f"https://127.0.0.1:{info['port']}", "--ca-file", info["ca"], "--no-download"]

    def run(self, *arguments):
        subprocess.run([self.program, *arguments], cwd=self.folder, env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def start(self, *arguments):
        return subprocess.Popen([self.program, *arguments], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def measure(self, label, arguments, goal_seconds, goal_mb=100, until=None):
        """Runs the program to its end, or until a line of its output holds `until`."""
        start = time.monotonic()
        process = self.start(*arguments)
        seconds = None
        size = 0
        while True:
            piece = process.stdout.readline() if until else process.stdout.read(1 << 20)
            if not piece:
                break
            size += len(piece)
            if until and seconds is None and until in piece:
                seconds = time.monotonic() - start
                process.send_signal(signal.SIGKILL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        whole = time.monotonic() - start
        right = seconds is not None if until else process.returncode == 0
        seconds = whole if seconds is None else seconds
        cpu = usage.ru_utime + usage.ru_stime
        megabytes = usage.ru_maxrss / 1024
        # Where other work has the cores, the CPU time is what the program can answer for.
        met = right and min(seconds, cpu) <= goal_seconds and megabytes <= goal_mb
        self.missed += not met
        print(f"{label:<46} {seconds:7.3f} s {cpu:7.3f} s CPU {megabytes:5.0f} MB {size:11d} bytes"
              f"   goal {goal_seconds} s {goal_mb} MB: {'met' if met else 'MISSED' if right else 'WRONG'}", flush=True)


def columns(db, table, but=()):
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in but]


def multiply(path, rows, done):
    """Tasks 1 to `rows` - 1 after the pattern of task 0, the first `done` of them with all that a finished one has."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")  # a state that is half made is thrown away
    key, = db.execute("SELECT key FROM task").fetchone()
    submission, = db.execute("SELECT key FROM submission").fetchone()
    for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000"):
        db.execute(f"PRAGMA {pragma}")
    db.execute("BEGIN")
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    indexes = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    numbers = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {})"

    def copy(table, changed, count):
        names = columns(db, table)
        values = ", ".join(changed.get(name, f"old.{name}") for name in names)
        what = {"task": f"old.key = {key}", "submission": f"old.key = {submission}"}.get(
            table, f"old.submission = {submission}" if "submission" in names else f"old.task = {key}")
        db.execute(f"{numbers.format(count)} INSERT INTO {table} ({', '.join(names)})"
                   f" SELECT {values} FROM n, {table} old WHERE {what}")

    copy("task", {"key": f"{key} + i", "position": "i + 1", "id": "printf('task-%07d', i)"}, rows - 1)
    names = {"task": f"{key} + i", "submission": f"{submission} + i",
             "session_id": "printf('%s-%08x', substr(session_id, 1, 30), (i * 2654435761) % 4294967296)",
             "task_id": "printf('1500000001-AigcVideo-%09d', i)"}
    copy("spec", {"task": names["task"],
                  "json": "replace(json, 'The first of all', 'A kite over the dunes, take ' || i)"}, rows - 1)
    for table in CHILD_TABLES[1:]:
        changed = {k: v for k, v in names.items() if k in columns(db, table)}
        if table == "submission":
            changed["key"] = names["submission"]
        elif table in ("send", "journal"):
            changed["key"] = f"(SELECT max(key) FROM {table}) + i * 10 + old.key"
        copy(table, changed, done)
    db.execute(f"UPDATE task SET state = 'pending', submissions = 0, attempts = 0, submitted_ms = 0, started_ms = 0,"
               f" finished_ms = 0, downloaded_ms = 0, request_id = '' WHERE position > {done + 1}")
    db.execute(f"UPDATE task SET state = 'failed', error_code = 'moderation', error_message = 'not allowed'"
               f" WHERE position <= {done} AND position % 10000 = 0")
    db.execute("DELETE FROM tally")
    db.execute("INSERT INTO tally (state, current, listed, kind, model, version, n) SELECT state, current, listed,"
               " kind, model, version, count(*) FROM task GROUP BY 1, 2, 3, 4, 5, 6")
    for _, sql in indexes + triggers:
        db.execute(sql)
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def commands(bench, rows, when):
    bench.measure(f"status, {when}", ["status", "big"], 0.2)
    bench.measure(f"status --json, {when}", ["status", "big", "--json"], 0.2)
    bench.measure(f"list, {when}", ["list"], 0.2)
    bench.measure(f"show of a finished task, {when}", ["show", "big", f"task-{rows // 2:07d}"], 0.2)
    bench.measure(f"show of a waiting task, {when}", ["show", "big", f"task-{rows - 1:07d}"], 0.2)
    bench.measure(f"report --format csv, {when}", ["report", "big", "--format", "csv"], 6)


def most_resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def full_window(bench, rows):
    """A run with 1000 tasks in flight."""
    process = bench.start("resume", "big", *bench.flags, "--quiet")
    db = sqlite3.connect(f"file:{bench.folder / 'state/big.db'}?mode=ro", uri=True)
    running = 0
    deadline = time.monotonic() + 60
    while running < 1000 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
        running = db.execute("SELECT coalesce(sum(n), 0) FROM tally WHERE state = 'running'").fetchone()[0]
    db.close()
    return process, running


def show_memory(bench, label, process, running):
    megabytes = most_resident(process.pid)
    met = running >= 1000 and megabytes <= 120
    bench.missed += not met
    print(f"{label:<46} {running} running {megabytes:5.0f} MB   goal 120 MB: {'met' if met else 'MISSED'}", flush=True)


def main():
    if sys.argv[1] == "--multiply":
        rows = int(sys.argv[3])
        multiply(sys.argv[2], rows, rows - rows // 100)
        return
    program = os.path.abspath(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="aigc-bench-") as name:
        bench = Bench(program, pathlib.Path(name))
        bench.start_simulator()
        (bench.folder / "big.yaml").write_text(MANIFEST)
        bench.run("run", "big.yaml", "--quiet", *bench.flags)
        state = bench.folder / "state/big.db"
        start = time.monotonic()
        # In a process of its own: the largest size of a child begins with its parent's.
        subprocess.run([sys.executable, "-B", __file__, "--multiply", str(state), str(rows)], check=True)
        print(f"a state of {rows} tasks, {state.stat().st_size / 1e6:.0f} MB, made in {time.monotonic() - start:.0f} s")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        commands(bench, rows, "at rest")
        bench.measure("resume, up to the first answer", ["resume", "big", *bench.flags, "--json"], 0.5,
                      until=b'"to":"running"')
        process, running = full_window(bench, rows)
        show_memory(bench, "run with 1000 in flight", process, running)
        commands(bench, rows, "while a run goes on")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        bench.measure("set, at rest", ["set", "big", "downloads=3"], 0.2)
        bench.measure("pause, at rest", ["pause", "big"], 0.2)
        bench.sim.send_signal(signal.SIGTERM)
        bench.sim.communicate(timeout=120)
    sys.exit(1 if bench.missed else 0)


if __name__ == "__main__":
    main()
