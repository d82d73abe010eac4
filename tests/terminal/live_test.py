"""The live block on a terminal: what a person sees while a run goes on, and what is left afterwards."""
import json
import os
import re
import signal
import unittest

import terminal

FAILING = """
limits: {video: unlimited}
times: {video: 20s..40s, speed: 20}
faults:
  - match: {prompt: shot 2}
    fail: {message: "blocked by our moderation system \\e[2J \\u5c0f\\u7537\\u5b69 picture"}
"""
# Tasks that do not end while a test looks.
ENDLESS = """
limits: {video: unlimited}
times: {video: 2h, speed: 1}
"""


def bars(screen):
    """The lines of the screen that are a bar: one, if the block is drawn whole and once."""
    return [line for line in screen.lines() if re.search(r"[━┅╍─#=-]{20,} +\d+%", line)]


class Live(terminal.TerminalTest):
    def run_simulated(self, scenario, *more, count=6, head=None, **how):
        self.manifest(count, head=self.SLOW if head is None else head)
        return self.open("run", "--sim", "--scenario", self.scenario(scenario), *more, "batch.yaml", **how)

    def test_shows_a_block_and_leaves_a_summary(self):
        for columns, rows in ((80, 24), (200, 50)):
            with self.subTest(columns=columns):
                self.temporary.cleanup()
                os.makedirs(self.folder)
                with self.run_simulated(FAILING, columns=columns, rows=rows, before="$ before\r\n") as screen:
                    # A generation time was learnt, and with it what is left.
                    screen.wait_for(lambda s: re.search(r"left +(about|up to|a few|\d)", s.text()), "an estimate")
                    self.assertEqual(len(bars(screen)), 1, screen.text())
                    self.assertRegex(screen.text(), r"Kling/2\.5 +\d+ +\d+ +\d+ +\d+")
                    self.assertRegex(screen.text(), r"slots +\d of 2 in use")
                    self.assertEqual(screen.lines()[0], "$ before")
                    self.assertEqual(screen.end(), 1)
                self.assertEqual(bars(screen), [], screen.text())
                text = screen.text()
                self.assertRegex(text, r"batch: 6 tasks in .*5 succeeded, 1 failed")
                self.assertIn("1 task refused for the content", text)
                self.assertIn("Change th", text)
                self.assertIn("out/batch", text)
                self.assertFalse(screen.screen.cursor.hidden)
                self.assertEqual(screen.lines()[screen.screen.cursor.y], "")
                self.assertEqual(screen.screen.cursor.x, 0)

    def test_failures_appear_above_whole_and_harmless(self):
        with self.run_simulated(FAILING, "--color", "never") as screen:
            screen.wait_for_text("clip-0002: failed")
            screen.wait_for(lambda s: bars(s), "the block")
            shown = screen.lines()
            failure = next(i for i, line in enumerate(shown) if line.startswith("clip-0002: failed"))
            bar = next(i for i, line in enumerate(shown) if line in bars(screen))
            self.assertLess(failure, bar)
            self.assertIn("小男孩 picture", screen.text().replace("\n", "").replace("  ", " "))
            screen.end()
        self.assertNotIn(b"\x1b[2J", screen.raw)
        self.assertNotIn(b"\x1b[3", screen.raw)  # a colour
        self.assertIn("clip-0002: failed", "\n".join(screen.scrolled() + screen.lines()))

    def test_resizes_in_mid_run(self):
        with self.run_simulated(ENDLESS, columns=120, rows=40, before="$ before\r\n") as screen:
            screen.wait_for(lambda s: bars(s) and "2 running" in s.text(), "the block")
            for columns, rows in ((80, 24), (50, 12), (30, 10), (200, 50), (80, 24)):
                screen.resize(columns, rows)
                screen.wait_for(
                    lambda s: max(map(len, s.lines())) < columns and
                    (bars(s) if columns >= 40 else "0/6 done" in s.text()), f"a block of {columns}x{rows}")
                self.assertLessEqual(len(bars(screen)), 1, screen.text())
            screen.type("\x03")
            self.assertEqual(screen.end(), 130)

    def test_one_interrupt_ends_cleanly_and_says_how_to_carry_on(self):
        with self.run_simulated(ENDLESS) as screen:
            screen.wait_for_text("2 running")
            screen.type("\x03")
            self.assertEqual(screen.end(), 130)
        self.assertEqual(bars(screen), [], screen.text())
        self.assertIn("stopping: nothing new is submitted", screen.text())
        self.assertRegex(screen.text().replace("\n", ""), r"carry on with: aigc-batch run --sim --scenario \S+ batch.yaml")

    def test_a_second_interrupt_leaves_at_once_and_the_screen_whole(self):
        scenario = ENDLESS + "faults: [{match: {action: DescribeTaskDetail}, slow: 60s}]\n"
        with self.run_simulated(scenario) as screen:
            screen.wait_for_text("2 running")
            screen.type("\x03")
            screen.wait_for_text("stopping")
            screen.type("\x03")
            self.assertEqual(screen.end(), 130)
        self.assertEqual(bars(screen), [], screen.text())
        self.assertIn("left at once; nothing is lost", screen.text().replace("\n", " "))
        self.assertEqual(screen.screen.cursor.x, 0)
        self.assertFalse(screen.screen.cursor.hidden)

    def test_even_a_killed_process_leaves_the_terminal_usable(self):
        with self.run_simulated(ENDLESS) as screen:
            screen.wait_for(bars, "the block")
            os.kill(screen.pid, signal.SIGKILL)
            self.assertEqual(screen.end(), -signal.SIGKILL)
        self.assertFalse(screen.screen.cursor.hidden)
        self.assertEqual((screen.screen.cursor.x, screen.lines()[screen.screen.cursor.y]), (0, ""))
        for mode in (b"\x1b[?1049h", b"\x1b[?25l", b"\x1b[?7l", b"\x1b7"):
            self.assertNotIn(mode, screen.raw)

    def test_sigterm_ends_as_an_interrupt_does(self):
        with self.run_simulated(ENDLESS) as screen:
            screen.wait_for_text("2 running")
            os.kill(screen.pid, signal.SIGTERM)
            self.assertEqual(screen.end(), 143)
        self.assertEqual(bars(screen), [], screen.text())

    def test_a_stopped_process_draws_anew_below(self):
        with self.run_simulated(ENDLESS, rows=50) as screen:
            screen.wait_for(lambda s: bars(s) and "2 running" in s.text(), "the block")
            os.kill(screen.pid, signal.SIGSTOP)
            os.waitpid(screen.pid, os.WUNTRACED)
            screen.stream.feed(b"$ typed meanwhile\r\n")
            os.kill(screen.pid, signal.SIGCONT)
            screen.wait_for(lambda s: len(bars(s)) == 2, "a second block")
            self.assertIn("$ typed meanwhile", screen.text())
            screen.type("\x03")
            self.assertEqual(screen.end(), 130)

    def test_a_dumb_terminal_and_a_pipe_get_plain_lines(self):
        with self.run_simulated(FAILING, TERM="dumb") as screen:
            self.assertEqual(screen.end(), 1)
        self.assertNotIn(b"\x1b", screen.raw)
        self.assertRegex(screen.raw.decode(), r"(?m)^\d/6 done")
        self.assertIn("clip-0002: failed", screen.raw.decode())
        self.run_program("retry", "--sim", "batch")
        _, err = self.run_program("resume", "--sim", "batch", expect=0)
        self.assertNotIn("\x1b", err)
        self.assertRegex(err, r"(?m)^\d/6 done")

    def test_colours_come_and_go_as_wished(self):
        for environment, flag, expected in (({}, "auto", True), ({"NO_COLOR": "1"}, "auto", False),
                                            ({"NO_COLOR": "1"}, "always", True)):
            with self.subTest(flag=flag, **environment):
                with self.run_simulated(ENDLESS, "--color", flag, "--fresh", **environment) as screen:
                    screen.wait_for(lambda s: bars(s) and "2 running" in s.text(), "the block")
                    screen.type("\x03")
                    screen.end()
                self.assertEqual(b"\x1b[36m" in screen.raw, expected)

    def test_a_terminal_without_utf8_gets_plain_characters(self):
        with self.run_simulated(ENDLESS, LANG="en_US.ISO-8859-1") as screen:
            screen.wait_for(bars, "the block")
            self.assertRegex(bars(screen)[0], r"^ [=-]+ +0%$")
            screen.type("\x03")
            screen.end()


class Watch(terminal.TerminalTest):
    def test_shows_the_run_of_another_process_to_its_end(self):
        self.manifest(4, head=self.SLOW)
        run = self.start("run", "--sim", "--scenario", self.scenario(FAILING), "batch.yaml")
        run.stderr.readline()
        with self.open("status", "--sim", "--watch") as screen:  # the one that runs
            screen.wait_for(lambda s: bars(s) and re.search(r"slots +\d of 2 in use", s.text()), "the block")
            self.assertEqual(screen.end(), 0)
        run.communicate(timeout=60)
        self.assertEqual(bars(screen), [], screen.text())
        self.assertRegex(screen.text(), r"batch: 4 tasks, 3 succeeded, 1 failed")

    def test_waits_for_a_run_and_leaves_with_an_interrupt(self):
        self.manifest(2, head=self.SLOW)
        with self.open("run", "--sim", "--scenario", self.scenario(ENDLESS), "batch.yaml") as run:
            run.wait_for_text("2 running")
            run.type("\x03")
            run.end()
        with self.open("status", "--sim", "--watch", "batch") as screen:
            screen.wait_for_text("no run is going on; to carry on: aigc-batch resume --sim batch")
            screen.type("\x03")
            self.assertEqual(screen.end(), 130)
        self.assertIn("2 running", screen.text())
        self.assertEqual(bars(screen), [], screen.text())


if __name__ == "__main__":
    unittest.main()
