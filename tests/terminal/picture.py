"""Makes a picture (SVG) of the live block in the middle of a simulated run, for the README.

usage: AIGC_BATCH=PROGRAM AIGC_SOURCE_DIR=TREE picture.py FILE.svg [COLUMNS ROWS]
"""
import re
import sys
from xml.sax.saxutils import escape

import terminal

MANIFEST = """manifest: 1
name: spring-launch
defaults: {resolution: 720P, duration: 5}
limits: {max_in_flight: 8, submit_rate: 10, first_look: 300ms, look_every: 300ms, budget: 400}
tasks:
  - {id: "clip-${shot}", model: Kling/2.5, prompt: "A lighthouse in the rain, shot ${shot}", matrix: {shot: [%s]}}
  - {id: "reel-${shot}", model: Vidu/q2, prompt: "一个小男孩在雨后的街道上奔跑, ${shot}", matrix: {shot: [%s]}}
  - {id: "still-${shot}", kind: image, model: GG/3.0, resolution: 1K, duration: null, prompt: "A fox, ${shot}", matrix: {shot: [%s]}}
""" % tuple(", ".join(str(i) for i in range(100, 100 + n)) for n in (36, 24, 12))
SCENARIO = """
limits: {video: unlimited, image: unlimited, create_rate: 100}
times: {video: 40s..90s, image: 10s..20s, speed: 25}
faults:
  - match: {prompt: shot 107}
    fail: {message: blocked by our moderation system}
"""
COLORS = {"default": "#d8dee9", "green": "#8fbf7f", "red": "#e06c75", "cyan": "#6fb8c8", "brown": "#d9a85b"}
CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 19, 16


def picture(screen):
    """The screen as SVG: one text element for each run of one look, placed by cell so that no font moves it."""
    lines = screen.screen.lines
    while lines > 1 and not screen.lines()[lines - 1]:
        lines -= 1
    width = screen.screen.columns * CELL_WIDTH + 2 * MARGIN
    height = lines * LINE_HEIGHT + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
           f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="ui-monospace,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" '
           f'font-size="14">', '<rect width="100%" height="100%" rx="8" fill="#20242c"/>']
    for y in range(lines):
        row = screen.screen.buffer[y]
        x = 0
        while x < screen.screen.columns:
            look = row[x]
            begin, text = x, ""
            while x < screen.screen.columns and (row[x].fg, row[x].bold) == (look.fg, look.bold):
                text += row[x].data
                x += 1
            if not text.strip():
                continue
            shift = len(text) - len(text.lstrip())
            cells = len(text.strip()) + sum(1 for i in range(begin, x) if not row[i].data)
            weight = ' font-weight="bold"' if look.bold else ""
            out.append(f'<text x="{MARGIN + (begin + shift) * CELL_WIDTH:.1f}" y="{MARGIN + (y + 0.75) * LINE_HEIGHT:.1f}" '
                       f'textLength="{cells * CELL_WIDTH:.1f}" xml:space="preserve" '
                       f'fill="{COLORS.get(look.fg, COLORS["default"])}"{weight}>'
                       f'{escape(text.strip())}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


class Picture(terminal.TerminalTest):
    def runTest(self):
        (self.folder / "batch.yaml").write_text(MANIFEST)
        with self.open("run", "--sim", "--scenario", self.scenario(SCENARIO), "--allow-unpriced", "batch.yaml", columns=self.size[0],
                       rows=self.size[1]) as screen:
            screen.wait_for(lambda s: re.search(r" [45]\d%", s.text()) and "failures" in s.text(), "the middle")
            self.path.write_text(picture(screen))


if __name__ == "__main__":
    Picture.path = terminal.pathlib.Path(sys.argv[1]).absolute()
    Picture.size = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (80, 24)
    result = terminal.harness.unittest.TextTestRunner().run(Picture())
    sys.exit(0 if result.wasSuccessful() else 1)
