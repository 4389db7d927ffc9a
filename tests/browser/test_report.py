"""The report page in Debian's Chromium: what a reader does with its tables, and what must never happen."""

from pathlib import Path

import pytest
from chromium import NEEDED, check_quiet, choose, click, column, opened, wait
from rendered_page import render
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select
from synthetic_experiment import ARMS
from test_page import POISON

pytestmark = NEEDED


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    text, _ = render(folder, per_subset=14, poison=POISON, ontology=True)
    (folder / "report.html").write_text(text, encoding="utf-8")
    return folder / "report.html"


@pytest.fixture
def page(driver, written):
    """The page, freshly opened; afterwards it has logged no error and asked nobody for anything."""
    yield opened(driver, written)
    check_quiet(driver, written)


def cells(page: WebDriver, heading: str, name: str = "answers") -> list[str]:
    return column(page, heading, f"{name}-table")


def status(page: WebDriver, name: str = "answers") -> str:
    return page.find_element(By.ID, f"{name}-status").text


def choose_counted(page: WebDriver, label: str, value: str, name: str = "answers") -> int:
    """Choose a value of a menu; how many rows the menu says have it."""
    path = f"//*[@id='{name}-controls']//label[text()='{label}']/select"
    entries = [option.text for option in Select(page.find_element(By.XPATH, path)).options]
    entry = next(text for text in entries if text.startswith(f"{value} ("))
    choose(page, label, entry, f"{name}-controls")
    return int(entry.rpartition("(")[2].rstrip(")"))


def test_answers_are_searched_filtered_and_sorted(page):
    assert status(page) == f"1–50 of {12 * 42} rows"
    search = page.find_element(By.CSS_SELECTOR, "#answers-controls input")
    search.send_keys("GO:0001003 brca1")
    wait(page, lambda d: status(d) == "1–5 of 5 rows")
    assert set(cells(page, "id")) == {"GO:0001003"} and cells(page, "arm") == ARMS
    search.clear()
    search.send_keys("these genes share…")  # stands in the text alone
    wait(page, lambda d: status(d) == "1–50 of 210 rows")
    search.send_keys(" nowhere")
    wait(page, lambda d: status(d).startswith("No rows"))
    search.clear()
    search.send_keys(" ")
    wait(page, lambda d: status(d) == f"1–50 of {12 * 42} rows")
    assert choose_counted(page, "answers of", "models") == 210
    count = choose_counted(page, "failures", "no usable name")
    assert status(page).endswith(f"of {count} rows") and set(cells(page, "answer")) == {""}
    choose(page, "failures", "all", "answers-controls")
    click(page, "//table[@id='answers-table']//button[.='term score']")
    scores = list(map(float, cells(page, "term score")))
    assert scores == sorted(scores, reverse=True) and scores[0] > 0


def test_an_answer_opens_with_its_text_and_claims_and_markup_is_text(page):
    choose_counted(page, "arm", "KW+RA")
    choose_counted(page, "failures", "claims contradicted")
    assert any("<img src=x onerror=" in text for text in cells(page, "answer"))
    page.find_element(By.CSS_SELECTOR, "#answers-table button.toggle").click()
    detail = page.find_element(By.CSS_SELECTOR, "#answers-table .detail").text
    for said in (f"APLF: DNA repair{POISON}: true APLF: DNA repair (IDA)", "LIG3: not cell division: contradicted"):
        assert said in detail, said
    assert f"<think>these genes share…</think>{POISON}" in detail and "the linked term" in detail


def test_comparisons_are_filtered(page):
    count = choose_counted(page, "kind", "parent arm", "comparisons")
    assert status(page, "comparisons").endswith(f"of {count} rows") and count > 0
    assert set(cells(page, "kind", "comparisons")) == {"parent arm"}
    page.find_element(By.CSS_SELECTOR, "#comparisons-table button.toggle").click()
    assert "of these models alone" in page.find_element(By.CSS_SELECTOR, "#comparisons-table .detail").text
