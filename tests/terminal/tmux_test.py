"""The live block inside tmux, which breaks lines anew when it becomes narrower, as most terminals do."""
import re
import select
import shutil
import subprocess
import sys
import time
import unittest

import terminal
from live_test import ENDLESS

if not shutil.which("tmux"):
    sys.exit("there is no tmux; `./dev deps` installs it")


class Tmux(terminal.TerminalTest):
    def tmux(self, *words):
        command = ["tmux", "-S", str(self.folder / "socket"), "-f", "/dev/null", *map(str, words)]
        return subprocess.run(command, check=True, capture_output=True, text=True,
                              env=self.environment(TERM="screen-256color", LANG="C.UTF-8")).stdout

    def lines(self, history=False):
        text = self.tmux("capture-pane", "-p", "-t", "run", *(["-S", "-"] if history else []))
        return [line.rstrip() for line in text.splitlines()]

    def wait_for(self, seen, what):
        end = time.monotonic() + terminal.LIMIT
        while not seen(self.lines()):
            if time.monotonic() > end:
                self.fail(f"{what} did not come:\n" + "\n".join(self.lines()))
            select.select([], [], [], 0.1)

    def test_one_block_after_any_resize(self):
        self.manifest(6, head=self.SLOW)
        # wait-for lets the shell go on only when the pictures are taken.
        self.tmux("new-session", "-d", "-s", "run", "-x", 120, "-y", 40, "-c", str(self.folder), "sh")
        self.addCleanup(lambda: self.tmux("kill-server"))
        scenario = self.scenario(ENDLESS)
        self.tmux("send-keys", "-t", "run",
                  f"echo before; {terminal.harness.PROGRAM} run --sim --scenario {scenario} batch.yaml; echo status $?", "Enter")
        bar = re.compile(r"[━┅╍─]{20,} +\d+%")
        self.wait_for(lambda lines: any("2 running" in line for line in lines), "the block")
        for columns, rows in ((80, 24), (60, 16), (100, 30), (45, 24), (120, 40)):
            self.tmux("resize-window", "-t", "run", "-x", columns, "-y", rows)
            # The bar is as long as the terminal is wide once the program has taken notice.
            self.wait_for(lambda lines: any(len(line) == min(columns - 1, 107) - 1 and bar.search(line)
                                            for line in lines), f"a bar for {columns} columns")
            shown = self.lines()
            self.assertEqual(len([line for line in shown if "%" in line]), 1, "\n".join(shown))
            self.assertEqual(len([line for line in shown if line.startswith(" slots")]), 1, "\n".join(shown))
        self.assertIn("before", self.lines(history=True))
        self.tmux("send-keys", "-t", "run", "C-c")
        self.wait_for(lambda lines: "status 130" in lines, "the end")
        self.assertEqual([line for line in self.lines() if bar.search(line)], [])


if __name__ == "__main__":
    unittest.main()
