#!/usr/bin/env python3
"""Runs a program in a terminal of its own, types, and says what was on the screen.

    terminal.py ROWSxCOLUMNS STEP… -- COMMAND…

Steps, in their order: `wait:TEXT` until the screen has it, `key:K`, `resize:ROWSxCOLUMNS`, `signal:INT`, `pause:SECONDS`, `snap`,
which keeps the screen, `picture`, which keeps it with its colours. Prints JSON: `screens`, a list of lines for each `snap`;
`pictures`, for each `picture` a list of lines of pairs: how a piece is shown (the numbers of `ESC[…m`), and its text; `exit`, the exit code; `isRestored`, whether the
program gave the terminal back: its main screen, its cursor, its folding; `after`, what it wrote to the main screen.
"""

import codecs
import fcntl
import itertools
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

TIME_LIMIT = 60.0
SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")


class Screen:
    """As much of a terminal as `ash-mpi watch` uses."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.modes = {"1049": False, "25": True, "7": True}
        self.main, self.rest = "", ""
        self.clear()

    def clear(self):
        self.cells = [[(" ", "")] * self.columns for _ in range(self.rows)]
        self.row = self.column = 0
        self.style = ""

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.clear()

    def take(self, text):
        text, self.rest = self.rest + text, ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    self.rest = text[at:]
                    return
                self.obey(*found.groups())
                at = found.end()
                continue
            self.put(text[at])
            at += 1

    def obey(self, numbers, letter):
        if letter in "hl" and numbers.startswith("?"):
            for mode in numbers[1:].split(";"):
                assert mode in self.modes, f"mode {mode}"
                self.modes[mode] = letter == "h"
        elif letter == "H":
            row, column = (int(number or 1) for number in (numbers or "1;1").split(";"))
            self.row, self.column = min(row, self.rows) - 1, min(column, self.columns) - 1
        elif letter == "J":
            assert numbers == "2", numbers
            self.cells = [[(" ", "")] * self.columns for _ in range(self.rows)]
        elif letter == "K":
            for column in range(self.column, self.columns):
                self.cells[self.row][column] = (" ", "")
        else:
            assert letter == "m", (numbers, letter)
            self.style = "" if numbers in ("", "0") else numbers

    def put(self, character):
        if not self.modes["1049"]:
            self.main += character
            return
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row = min(self.row + 1, self.rows - 1)
        elif self.column < self.columns:
            self.cells[self.row][self.column] = (character, self.style)
            self.column += 1
        else:
            # Without wrapping, what is too much replaces the last one.
            assert not self.modes["7"], "a line is folded"
            self.cells[self.row][-1] = (character, self.style)

    def lines(self):
        return ["".join(character for character, _ in row).rstrip() for row in self.cells]

    def pieces(self):
        """The lines, in pieces that are shown alike."""
        return [
            [(style, "".join(character for character, _ in cells)) for style, cells in itertools.groupby(row, lambda cell: cell[1])]
            for row in self.cells]


def set_size(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    split = sys.argv.index("--")
    rows, columns = map(int, sys.argv[1].split("x"))
    steps, command = sys.argv[2:split], sys.argv[split + 1:]
    process, terminal = pty.fork()
    if process == 0:
        # The size has to be there before the program asks.
        set_size(0, rows, columns)
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    screen, screens, pictures, end = Screen(rows, columns), [], [], time.monotonic() + TIME_LIMIT
    decoder = codecs.getincrementaldecoder("utf-8")()

    def read(seconds):
        """What comes within so many seconds; false at the end."""
        ready, _, _ = select.select([terminal], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:
            return False
        screen.take(decoder.decode(data))
        return bool(data)

    is_alive = True
    for step in steps:
        kind, _, value = step.partition(":")
        if kind == "wait":
            while is_alive and not any(value in line for line in screen.lines()) and time.monotonic() < end:
                is_alive = read(0.1)
        elif kind == "pause":
            until = time.monotonic() + float(value)
            while is_alive and time.monotonic() < until:
                is_alive = read(0.05)
        elif kind == "key":
            os.write(terminal, value.encode())
        elif kind == "resize":
            rows, columns = map(int, value.split("x"))
            screen.resize(rows, columns)
            set_size(terminal, rows, columns)
        elif kind == "signal":
            os.kill(process, getattr(signal, "SIG" + value))
        elif kind == "snap":
            screens.append(screen.lines())
        elif kind == "picture":
            pictures.append(screen.pieces())
    while is_alive and time.monotonic() < end:
        is_alive = read(0.1)
    if is_alive:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    restored = not screen.modes["1049"] and screen.modes["25"] and screen.modes["7"]
    print(json.dumps({
        "screens": screens, "pictures": pictures, "exit": os.waitstatus_to_exitcode(status), "isRestored": restored,
        "after": screen.main,
    }))


main()
