"""A page in headless Chromium: opened, worked with, and asked what it shows."""

from __future__ import annotations

import json
import shutil
import time

LAPTOP, PHONE = (1200, 700), (360, 740)
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--disable-component-update", "--no-first-run", "--hide-scrollbars"),
)
_PATIENCE_S = 20.0
# What a globe shows: its pixels, read as a picture.
_PIXELS = """
const canvas = document.getElementById('canvas');
const copy = Object.assign(document.createElement('canvas'), {width: 160, height: 120});
const drawing = copy.getContext('2d');
drawing.drawImage(canvas, 0, 0, 160, 120);
return Array.from(drawing.getImageData(0, 0, 160, 120).data);
"""


class Browser:
    """Chromium; a context manager.

    Parameters
    ----------
    flags
        More flags of Chromium.
    """

    def __init__(self, *flags):
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in (*_FLAGS, *flags):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, page, *, size=LAPTOP, dark=False, still=False, media=""):
        """Open a file, with the user's wishes: dark colours, little motion; or as it would be printed."""
        self.said(), self.requests()
        width, height = size
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE},
        )
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if still else "no-preference",
        }
        listed = [{"name": name, "value": value} for name, value in features.items()]
        self.tell("Emulation.setEmulatedMedia", {"media": media, "features": listed})
        self.driver.get(page.as_uri())

    def tell(self, command, parameters=None):
        """Send a command of Chromium's own protocol."""
        return self.driver.execute_cdp_cmd(command, parameters or {})

    def ask(self, script, *arguments):
        """Run a script in the page and return its value."""
        return self.driver.execute_script(script, *arguments)

    def value(self, expression):
        return self.ask(f"return {expression}")

    def text(self, selector):
        return self.ask("return document.querySelector(arguments[0]).textContent", selector)

    def click(self, selector):
        found = self.driver.find_element("css selector", selector)
        self.ask("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
        found.click()

    def choose(self, selector, value):
        """Choose from a list as a user does."""
        from selenium.webdriver.support.ui import Select

        Select(self.driver.find_element("css selector", selector)).select_by_value(value)

    def press(self, *keys):
        """Press keys where the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focus(self, selector):
        self.ask("document.querySelector(arguments[0]).focus()", selector)

    def wait(self, expression):
        """Wait until an expression is true, and return its value."""
        end = time.monotonic() + _PATIENCE_S
        while not (value := self.value(expression)):
            assert time.monotonic() < end, f"{expression} did not become true"
            time.sleep(0.05)
        return value

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.driver.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))"
        )

    def pixels(self):
        """The globe as it is drawn, as lists of red, green and blue."""
        self.settle()
        data = self.ask(_PIXELS)
        return [tuple(data[place : place + 3]) for place in range(0, len(data), 4)]

    def said(self):
        """What the page wrote to the console since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses that were asked for since this was last called."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in sent]

    def table(self, selector):
        """The cells of a table, row by row, headings first."""
        rows = "[...document.querySelector(arguments[0]).rows]"
        return self.ask(f"return {rows}.map(row => [...row.cells].map(cell => cell.textContent))", selector)
