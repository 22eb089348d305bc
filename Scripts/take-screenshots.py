"""Pictures of a report for the documentation: PAGE FOLDER."""

import io
import pathlib
import shutil
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


def main(page_path, folder):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=["--no-sandbox"])
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
            save(picture, pathlib.Path(folder) / f"{name}.png")
        browser.close()


main(*sys.argv[1:])
