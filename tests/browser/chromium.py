"""A headless Chromium that notes every message and every request of the pages it opens."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

INTERACTIVE = "reasonome-interactive"  # the page's mark when its table of answers stands
PROGRAMS = ("chromium", "chromedriver")
_LACKING = [name for name in PROGRAMS if shutil.which(name) is None]
# Marks of the tests that open pages.
NEEDED = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(_LACKING), reason=f"needs Debian's packages {', '.join(PROGRAMS)}: {_LACKING} lacking"),
]


@contextmanager
def chromium(width: int = 1400, height: int = 1000) -> Iterator[WebDriver]:
    """Start Chromium without a sandbox, which it cannot have where it runs as root."""
    options = Options()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={width},{height}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    os.environ["SE_AVOID_STATS"] = "true"  # Selenium would report its use to its makers
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def seconds_to_interactive(driver: WebDriver, page: Path) -> float:
    """Open a page; seconds from the start of the navigation to its mark."""
    driver.get(page.resolve().as_uri())
    marks = f"return performance.getEntriesByName('{INTERACTIVE}').map(mark => mark.startTime)"
    return WebDriverWait(driver, 60, 0.05).until(lambda d: d.execute_script(marks))[0] / 1000


def requested(driver: WebDriver) -> list[str]:
    """The addresses that were asked for since this was last called."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [params["request"]["url"] for params in sent]


def column(page: WebDriver, heading: str, table: str) -> list[str]:
    """A column of the rows that are shown."""
    return page.execute_script(
        "const table = document.getElementById(arguments[0]);"
        "const title = (cell) => cell.innerText.replace(/ [▲▼]/, '');"
        "const at = [...table.tHead.rows[0].cells].findIndex(cell => title(cell) === arguments[1]);"
        "return [...table.tBodies[0].querySelectorAll('tr.entry')].map(line => line.cells[at].innerText);",
        table,
        heading,
    )


def wait(page: WebDriver, condition) -> None:
    """Wait until the condition holds of the page."""
    WebDriverWait(page, 10, 0.05).until(condition)


def click(page: WebDriver, path: str) -> None:
    """Click what `path` finds, out of the way of what sticks to the window's edge."""
    target = page.find_element(By.XPATH, path)
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", target)
    target.click()


def choose(page: WebDriver, label: str, option: str, within: str = "controls") -> None:
    """Choose an option of the menu with this label."""
    path = f"//*[@id='{within}']//label[normalize-space(text())='{label}']/select"
    Select(page.find_element(By.XPATH, path)).select_by_visible_text(option)


def opened(driver: WebDriver, path: Path) -> WebDriver:
    """The page, freshly opened."""
    driver.get("about:blank")
    driver.get_log("browser"), requested(driver)
    seconds_to_interactive(driver, path)
    return driver


def check_quiet(driver: WebDriver, path: Path, *, downloads: bool = False) -> None:
    """The page logged no error, ran nothing that came with the data, and asked for nothing but its own downloads."""
    assert driver.execute_script("return [window.pwned, document.querySelectorAll('img').length]") == [None, 0]
    assert driver.get_log("browser") == []
    inside = ("data:", *(("blob:",) if downloads else ()))
    asked = {address for address in requested(driver) if not address.startswith(inside)}
    assert asked == {path.as_uri()}
