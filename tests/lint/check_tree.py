#!/usr/bin/env python3
"""Rules that hold for the whole tree and that no compiler checks.

  includes   runner/ROOM includes only what rooms.py allows it
  seams      clocks, sleeps, waits, the process's end, the environment and the terminal are touched
             in their one place only; certificates are always verified
  sizes      no file grows beyond the limit; prints the ten largest
  tests      every *_test.cc is registered with CMake
  machine    no path of a developer's machine in the text

usage: check_tree.py [--root DIR] [RULE]...      default: all; exit status 1 when one is broken
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import rooms
from cpp_text import code_only, includes

MAX_SOURCE_LINES = 600
MAX_HEADER_LINES = 350

# (name, pattern, why, {folder or file: allowed there}). Held against code, not comments or strings.
# An entry ending in '/' allows everything below it.
SEAMS = [
    (
        "clock",
        r"\b(?:system_clock|steady_clock|high_resolution_clock)\s*::\s*now\b"
        r"|\b(?:gettimeofday|clock_gettime|timespec_get)\s*\("
        r"|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0|&)|\bstd::time\s*\("
        r"|\bPoco::(?:Timestamp|DateTime|LocalDateTime|Clock|Stopwatch)\b",
        "ask the Clock you were given (base/clock.h)",
        # extreme_text_test.cc: hostile text must be done with in real time
        ["runner/base/clock.cc", "tests/unit/manifest/extreme_text_test.cc"],
    ),
    (
        "sleep",
        r"\bsleep_(?:for|until)\b|\b(?:u|nano|clock_nano)?sleep\s*\(|\bThread::(?:try)?[Ss]leep\b",
        "nothing sleeps; Exchange::Wait is the only wait",
        [],
    ),
    (
        "wait",
        r"\bcondition_variable(?:_any)?\b|\bstd::(?:counting_semaphore|binary_semaphore|latch|barrier)\b",
        "only workers behind an interface wait",
        ["runner/api/", "runner/serve/", "runner/simulator/", "runner/cli/", "tests/"],
    ),
    (
        "exit",
        r"(?<![\w.>])(?:std::|::)?(?:_?exit|_Exit|quick_exit|abort|terminate)\s*\(",
        "return an Error; only main ends the process",
        # digest.cc: a hash that is silently wrong would be worse than stopping
        ["runner/cli/", "runner/base/digest.cc", "tests/"],
    ),
    (
        "environment",
        r"\b(?:secure_)?getenv\s*\(|\bPoco::Environment\b|(?<!\w)environ\b",
        "settings come from cli/environment.h",
        ["runner/cli/environment.cc", "tests/"],
    ),
    (
        "terminal",
        r"\bstd::(?:cout|cerr|clog)\b|(?<![\w:])(?:std::)?(?:printf|puts|putchar|perror)\s*\("
        r"|\bfmt::print\b|\bstd(?:out|err)\b",
        "only cli/ talks to the terminal",
        ["runner/cli/", "tests/"],
    ),
    (
        "verification",
        # A server asks its clients for no certificate; that says so within a few lines.
        r"\b(?:SSL_)?VERIFY_(?:NONE|RELAXED)\b(?!(?:[^;{}]*;){0,3}[^;{}]*\b(?:TLS_)?SERVER_USE\b)",
        "certificates and host names are always verified",
        [],
    ),
]

# A pattern that does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:work|root|home)/[\w.-]")


def tree_files(root):
    """Files that belong to the project, committed or not, as paths with '/' relative to root."""
    if (root / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=root, check=True, stdout=subprocess.PIPE,
        ).stdout.decode()
        names = [name for name in listing.split("\0") if name]
    else:
        names = []
        for folder, folders, files in os.walk(root):
            folders[:] = [f for f in folders if f not in ("build", "out", ".git", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(name.replace(os.sep, "/") for name in names if (root / name).is_file())


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


def is_cpp(name):
    return name.startswith(("runner/", "tests/")) and name.endswith((".cc", ".h"))


def allowed(name, places):
    return any(name == p or (p.endswith("/") and name.startswith(p)) for p in places)


def check_includes(root, names):
    for name in names:
        if not (is_cpp(name) and name.startswith("runner/")):
            continue
        room = name.split("/")[1]
        for line, mark, header in includes(read(root, name)):
            problem = rooms.finding(room, mark, header)
            if problem:
                yield f"{name}:{line}: {problem}"


def check_seams(root, names):
    compiled = [(seam, re.compile(pattern), why, ok) for seam, pattern, why, ok in SEAMS]
    for name in names:
        if not is_cpp(name):
            continue
        code = code_only(read(root, name))
        for seam, pattern, why, ok in compiled:
            if allowed(name, ok):
                continue
            for match in pattern.finditer(code):
                line = code.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: {seam}: {match.group(0).strip()}: {why}"


def check_sizes(root, names):
    sizes = []
    for name in names:
        if not (is_cpp(name) or name.endswith((".py", ".sh", ".cmake")) or name == "dev"):
            continue
        lines = read(root, name).count("\n")
        sizes.append((lines, name))
        limit = MAX_HEADER_LINES if name.endswith(".h") else MAX_SOURCE_LINES
        if lines > limit:
            yield f"{name}: {lines} lines; at most {limit}: split it"
    sizes.sort(reverse=True)
    print("largest files:")
    for lines, name in sizes[:10]:
        print(f"  {lines:5} {name}")


def check_tests(root, names):
    registered = set()
    for name in names:
        if name.endswith("CMakeLists.txt"):
            folder = name.rpartition("/")[0]
            text = re.sub(r"#[^\n]*", "", read(root, name))
            for word in re.findall(r"[\w./-]+_test\.cc\b", text):
                registered.add(os.path.normpath(f"{folder}/{word}"))
    for name in names:
        if name.endswith("_test.cc") and name not in registered:
            yield f"{name}: no CMakeLists.txt lists it, so it never runs"


def check_machine(root, names):
    for name in names:
        data = (root / name).read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
            match = MACHINE_PATH.search(line)
            if match:
                yield f"{name}:{number}: path of one machine: {line[match.start():][:40]}"


RULES = {
    "includes": check_includes,
    "seams": check_seams,
    "sizes": check_sizes,
    "tests": check_tests,
    "machine": check_machine,
}


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("rules", nargs="*", metavar="RULE")
    options = parser.parse_args(arguments)
    unknown = [rule for rule in options.rules if rule not in RULES]
    if unknown:
        parser.error(f"unknown rule {unknown[0]}; there are {', '.join(RULES)}")
    root = options.root.resolve()
    names = tree_files(root)
    findings = []
    for rule in options.rules or RULES:
        findings += RULES[rule](root, names)
    for text in findings:
        print(text)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
