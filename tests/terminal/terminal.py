"""A terminal for tests: the real program on a pty, and a screen (pyte) that shows what a person would see.

Nothing sleeps: waiting is waiting for something to be seen on the screen, with a time limit.
"""
import fcntl
import os
import pathlib
import select
import signal
import struct
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import harness  # noqa: E402

try:
    import pyte
except ImportError as missing:
    sys.exit(f"{missing}; `./dev deps` installs python3-pyte")

LIMIT = 120


class Terminal:
    """A program on a terminal of its own, as its foreground process; standard output can be a pipe instead."""

    def __init__(self, command, folder, environment, columns=80, rows=24, before=""):
        self.screen = pyte.HistoryScreen(columns, rows, history=5000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.status = None
        if before:
            self.stream.feed(before.encode())
        self.pid, self.master = os.forkpty()
        if self.pid == 0:  # the program
            try:
                # A width only after the program has begun would be a resize.
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.chdir(folder)
                os.execve(command[0], command, environment)
            finally:
                os._exit(99)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)

    def read_some(self, limit):
        """Feeds what the program wrote to the screen; False at its end."""
        ready, _, _ = select.select([self.master], [], [], limit)
        if not ready:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the last one on the other side has gone
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines()).rstrip()

    def scrolled(self):
        """What has left the screen at its top."""
        return ["".join(row[x].data for x in range(self.screen.columns)).rstrip()
                for row in self.screen.history.top]

    def wait_for(self, seen, what="what was waited for"):
        """Until seen(self) is true of the screen."""
        end = time.monotonic() + LIMIT
        while not seen(self):
            if time.monotonic() > end or not self.read_some(1):
                raise AssertionError(f"{what} did not come:\n{self.text()}")

    def wait_for_text(self, text):
        self.wait_for(lambda terminal: text in terminal.text(), repr(text))

    def resize(self, columns, rows):
        screen = self.screen
        lost = screen.lines - rows
        x, y = min(screen.cursor.x, columns - 1), screen.cursor.y
        if lost > 0:
            # Terminals drop what is below the cursor first; pyte drops the top alone.
            up = max(0, y - rows + 1)
            screen.cursor.x, screen.cursor.y = 0, 0
            screen.delete_lines(up)
            screen.insert_lines(lost)
            y -= up
        screen.resize(rows, columns)
        screen.cursor.x, screen.cursor.y = x, y
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        """Reads to the program's end; its exit status, or the negative number of the signal it died of."""
        end = time.monotonic() + LIMIT
        while self.read_some(1):
            if time.monotonic() > end:
                raise AssertionError(f"it does not end:\n{self.text()}")
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status


class TerminalTest(harness.ProgramTest):
    # A few tasks at a time, each of a second or two, looked at often: a run that can be watched.
    SLOW = "limits: {max_in_flight: 2, first_look: 200ms, look_every: 200ms}"

    def open(self, *arguments, columns=80, rows=24, before="", **environment):
        environment.setdefault("TERM", "xterm-256color")
        environment.setdefault("LANG", "C.UTF-8")
        # pyte cuts lines off when it becomes narrower, as xterm does.
        environment.setdefault("XTERM_VERSION", "pyte")
        return Terminal([harness.PROGRAM, *map(str, arguments)], self.folder, self.environment(**environment),
                        columns, rows, before)

    def scenario(self, text):
        path = self.folder / "scenario.yaml"
        path.write_text(text)
        return path
