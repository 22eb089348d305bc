"""Pictures for the documentation, of a report and of a terminal (what Tests/Terminal/terminal.py printed): PAGE SCREEN FOLDER."""

import html
import io
import json
import pathlib
import re
import shutil
import socket
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

MOST_BYTES = 300_000


def save(picture, path):
    """As a PNG file with so few colours that it is small."""
    for colours in (256, 128, 64):
        image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        image.save(path, optimize=True)
        if path.stat().st_size < MOST_BYTES:
            return
    raise SystemExit(f"{path} is too large")


def take_report(browser, page_path, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(pathlib.Path(page_path).resolve().as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    page.wait_for_timeout(500)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": height})
    page.wait_for_timeout(500)
    top = lambda name: page.locator(f'[data-figure="{name}"]').bounding_box()["y"]
    for name, begin, end in [
        ("report", 0, top("losses") - 20),
        ("report-rungs", top("losses") - 20, top("importance") - 90),
        ("report-hyperparameters", top("importance") - 60, top("pairs") - 20),
        ("report-machine", top("utilisation") - 60, top("trials") - 60),
    ]:
        picture = page.screenshot(clip={"x": 0, "y": begin, "width": 1280, "height": end - begin})
        save(picture, folder / f"{name}.png")


# By the numbers of ESC[…m, as a terminal with a dark ground shows them.
COLORS = {"31": "#f07178", "32": "#7fd962", "33": "#e6b450"}


def style(numbers):
    parts = numbers.split(";")
    return "".join([f"color:{COLORS[part]};" for part in parts if part in COLORS] + ["font-weight:700;"] * ("1" in parts))


def take_terminal(browser, screen_path, path):
    screen = json.loads(pathlib.Path(screen_path).read_text(encoding="utf-8"))["pictures"][0]
    host = socket.gethostname()
    # Each character in a cell of its own: a bar may come from another font than letters.
    cells = lambda text: "".join(f"<i>{html.escape(character)}</i>" for character in re.sub(rf"\b{re.escape(host)}\b", "node1", text))
    lines = "".join(
        "<div>" + "".join(f'<span style="{style(numbers)}">{cells(text)}</span>' for numbers, text in line) + "</div>"
        for line in screen)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(f"""<style>
      body {{ margin: 0; }}
      pre {{ display: inline-block; margin: 0; padding: 18px 22px; background: #16181d; color: #d8dade; font: 15px/1.4 "DejaVu Sans Mono"; }}
      div {{ white-space: pre; height: 1.4em; }}
      i {{ display: inline-block; width: 1ch; font-style: normal; }}
    </style><pre>{lines}</pre>""")
    save(page.locator("pre").screenshot(), path)


def main(page_path, screen_path, folder):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=["--no-sandbox"])
        take_report(browser, page_path, pathlib.Path(folder))
        take_terminal(browser, screen_path, pathlib.Path(folder) / "watch.png")
        browser.close()


main(*sys.argv[1:])
