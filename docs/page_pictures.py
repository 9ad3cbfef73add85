"""Take the pictures of ``docs/report_page.md``: the page of a run in Chromium, as a reader sees it.

    .venv/bin/spacemoe-ns3 report results/ring32
    .venv/bin/python docs/page_pictures.py results/ring32/report.html

Needs chromium, chromedriver and selenium.
"""

from __future__ import annotations

import base64
import io
import shutil
import sys
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).parent / "figures"
WIDTH, HEIGHT = 1200, 820
FLAGS = (
    *("--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-background-networking"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
)
DRAWN = "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))"
# Of the first placement's slowest token that is shown, 31 % of its way.
TOKEN = """
const choice = document.getElementById('token');
const slowest = [...choice.options].find(each => each.textContent.endsWith('slowest'));
choice.value = slowest.value;
choice.dispatchEvent(new Event('change'));
spacemoe.follow('token');
spacemoe.moveTo(0.31 * parseFloat(slowest.textContent.split(': ')[1]));
"""


def main(page: Path) -> None:
    """Take both pictures of a page."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        show(driver, page, dark=False)
        save(driver, FIGURES / "report-page.png", between=("header", "#legend"))
        show(driver, page, dark=True)
        driver.execute_script(TOKEN)
        save(driver, FIGURES / "report-globe.png", between=("#globe", "#legend"))
    finally:
        driver.quit()


def show(driver: Any, page: Path, *, dark: bool) -> None:
    """Open a page in the light or in the dark."""
    screen = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    wish = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [wish]})
    driver.get(page.resolve().as_uri())


def save(driver: Any, place: Path, *, between: tuple[str, str]) -> None:
    """Save what is seen from the top of one element to the bottom of another."""
    from PIL import Image

    driver.execute_async_script(DRAWN)
    top, bottom = (
        driver.execute_script(
            "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
            f"return box.{edge} + scrollY",
            selector,
        )
        for edge, selector in zip(("top", "bottom"), between, strict=True)
    )
    clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top + 12, "scale": 1}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    picture = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    picture.save(place, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
