"""C++ source as the tree checks see it: which headers it includes, and its code without comments
and without the insides of strings."""

import re

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<number>(?<!\w)\.?\d(?:'?[\w.])*)
      | (?P<char>'(?:\\.|[^'\\\n])+')""",
    re.DOTALL | re.VERBOSE,
)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def code_only(text):
    """The text with comments blanked out and strings emptied; line numbers stay as they are."""

    def blank(match):
        lines = "\n" * match.group(0).count("\n")
        if match.group("comment") is not None:
            return " " + lines
        if match.group("number") is not None:
            return match.group(0)
        return '""' + lines

    return _TOKEN.sub(blank, text)


def includes(text):
    """[(line, '<' or '"', header)] of every include directive outside comments."""
    # Only comments go: the header of an include is a string.
    kept = _TOKEN.sub(
        lambda m: "\n" * m.group(0).count("\n") if m.group("comment") else m.group(0), text
    )
    return [
        (kept.count("\n", 0, m.start()) + 1, m.group(1), m.group(2)) for m in _INCLUDE.finditer(kept)
    ]
