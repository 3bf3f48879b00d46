"""Open a page in a browser, as a person would: `make check-page`.

    python -m tests.check_page results/compare/report.html

It fails where the page asks for anything from outside, where the console complains, where the page is wider
than a telephone, and where a picture does not show. Two pictures of the screen are left beside the page.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDTHS = (1280, 390)  # pixels: a desk, a telephone
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CURE = (
    "install Chromium by the system (as in apt-get install chromium), name one in CHROMIUM, or let the "
    "library fetch its own: .venv/bin/python -m playwright install chromium"
)
BROKEN = "[...document.images].filter(one => !one.complete || one.naturalWidth === 0).map(one => one.alt)"
WIDER = "document.documentElement.scrollWidth - window.innerWidth"


def browser() -> str | None:
    """Where the system's Chromium is; None where it has none, and the library's own is tried."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


def faults(page: Path, launch: Any) -> list[str]:
    """What is wrong with a page, a line each.

    Args:
        launch: without arguments -> a running browser of playwright's.
    """
    opened = launch()
    try:
        return list(dict.fromkeys(line for width in WIDTHS for line in _seen(page, width, opened)))
    finally:
        opened.close()


def _seen(page: Path, width: int, opened: Any) -> list[str]:
    """What is wrong with it at this width; a picture of the screen is left beside it."""
    wrong: list[str] = []
    tab = opened.new_page(viewport={"width": width, "height": 900}, offline=True)
    tab.on("request", lambda asked: wrong.extend(_outside(asked.url, page)))
    tab.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    tab.on("console", lambda said: said.type == "error" and wrong.append(f"console: {said.text}"))
    tab.goto(page.as_uri(), wait_until="load")
    if not tab.evaluate("document.images.length"):
        wrong.append("the page shows no picture")
    wrong.extend(f"a picture does not show: {alt}" for alt in tab.evaluate(BROKEN))
    if (wider := tab.evaluate(WIDER)) > 0:
        wrong.append(f"at {width} pixels the page is {wider} pixels too wide")
    tab.screenshot(path=page.with_name(f"page-{width}.png"), full_page=True)
    tab.close()
    return wrong


def _outside(address: str, page: Path) -> list[str]:
    own = address.startswith("data:") or address == page.as_uri()
    return [] if own else [f"the page asks for {address}"]


def main(argv: Sequence[str]) -> int:
    """Check the page named; 0 where nothing is wrong, 1 where something is, 2 where it cannot be opened."""
    page = Path(argv[0]).resolve()
    if not page.is_file():
        return _say(f"{argv[0]} is not there: make compare writes it", 2)
    try:
        from playwright.sync_api import Error, sync_playwright  # pyright: ignore[reportMissingImports]
    except ImportError:
        return _say("playwright is not installed: make check-page does it", 2)
    with sync_playwright() as started:

        def launch() -> Any:
            return started.chromium.launch(executable_path=browser())

        try:
            launch().close()
        except Error as error:
            return _say(f"no browser starts ({str(error).splitlines()[0]}): {CURE}", 2)
        found = faults(page, launch)
    for line in found:
        _say(line, 1)
    if not found:
        pictures = ", ".join(f"page-{width}.png" for width in WIDTHS)
        sys.stdout.write(f"{argv[0]} is whole, quiet and narrow enough; beside it: {pictures}\n")
    return 1 if found else 0


def _say(line: str, code: int) -> int:
    sys.stderr.write(f"check_page: {line}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
