"""The report page in Debian's Chromium: what a reader does with mouse and keyboard, and what must never happen."""

from pathlib import Path

import pytest
from chromium import NEEDED, check_quiet, choose, click, column, opened, wait
from rendered_page import render
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select, WebDriverWait
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
    opened(driver, written)
    WebDriverWait(driver, 10).until(lambda d: d.find_elements(By.CSS_SELECTOR, "#compared tr.entry"))
    yield driver
    check_quiet(driver, written)


def cells(page: WebDriver, heading: str, table: str = "browser") -> list[str]:
    return column(page, heading, table)


def choose_failure(page: WebDriver, kind: str) -> int:
    """Choose a kind of failure; how many answers the menu says have it."""
    path = "//*[@id='controls']//label[text()='failure']/select"
    entries = [option.text for option in Select(page.find_element(By.XPATH, path)).options]
    entry = next(text for text in entries if text.startswith(kind))
    choose(page, "failure", entry)
    return int(entry.rpartition("(")[2].rstrip(")"))


def status(page: WebDriver) -> str:
    return page.find_element(By.ID, "status").text


def test_a_search_finds_names_and_genes_and_reasoning(page):
    assert status(page) == "1–25 of 42 answers" and set(cells(page, "arm")) == {ARMS[-1]}
    choose(page, "arm", "all")
    assert status(page) == "1–25 of 210 answers"
    page.find_element(By.TAG_NAME, "body").send_keys("/")
    search = page.switch_to.active_element
    assert search.get_attribute("id") == "search"
    search.send_keys("GO:0001003")
    wait(page, lambda d: status(d) == "1–5 of 5 answers")
    assert set(cells(page, "id")) == {"GO:0001003"} and cells(page, "arm") == ARMS
    search.send_keys(" brca1")
    wait(page, lambda d: status(d) == "1–5 of 5 answers")
    search.send_keys(Keys.ESCAPE)
    wait(page, lambda d: status(d) == "1–25 of 42 answers")  # as it opened
    search.send_keys("so the name follows")  # stands in the reasoning alone, which is packed
    wait(page, lambda d: status(d) == "1–25 of 42 answers")
    search.send_keys(" nowhere")
    wait(page, lambda d: status(d).startswith("No answers"))


def test_an_answer_opens_with_its_baselines_and_claims_and_markup_is_text(page):
    choose(page, "arm", "KW+RA")
    choose_failure(page, "claims contradicted")
    assert any("<img src=x onerror=" in text for text in cells(page, "answer"))
    page.find_element(By.CSS_SELECTOR, "#browser button.toggle").click()
    raw = "#browser .detail pre"
    wait(page, lambda d: "Process:" in d.find_element(By.CSS_SELECTOR, raw).get_attribute("textContent"))
    detail = page.find_element(By.CSS_SELECTOR, "#browser .detail").get_attribute("textContent")
    for said in ("these genes share a pathway<img src=x onerror=", "APLF: DNA repair (IDA)", "linked by", "look_up"):
        assert said in detail, said
    claims = page.execute_script(
        "return [...document.querySelectorAll('#browser .detail .verdict')]"
        ".map(verdict => [...verdict.closest('tr').cells].map(cell => cell.textContent))"
    )
    assert [claim[:3] for claim in claims] == [
        ["APLF", f"DNA repair{POISON}", "true"],
        ["LIG3", "not: cell division", "contradicted"],
    ]
    link = page.find_element(By.XPATH, "//*[@id='browser']//a[.='sft.names-s0']")
    link.click()
    made = page.find_element(By.ID, link.get_attribute("href").partition("#")[2])
    wait(page, lambda d: made.get_attribute("open"))
    assert "learning_rate" in made.text


@pytest.mark.full
def test_two_models_are_compared(page):
    choose(page, "A", "KW+RA+TA", "compare-controls")
    choose(page, "B", "KW", "compare-controls")
    assert "over 42 pairs of answers" in page.find_element(By.CSS_SELECTOR, ".overall").text
    for a, b, difference in zip(
        *(cells(page, name, "compared") for name in ("A's score", "B's score", "A − B")), strict=True
    ):
        assert float(difference.replace("−", "-")) == pytest.approx(float(a) - float(b), abs=0.0011)
    click(page, "//table[@id='compared']//button[.='A − B']")
    differences = [float(text.replace("−", "-")) for text in cells(page, "A − B", "compared")]
    assert differences == sorted(differences, reverse=True)
    marked = page.execute_script(
        "return [...document.querySelectorAll('#compared tr.entry')].map(line => [...line.cells].slice(4, 8)"
        ".map(cell => [cell.innerText, [...cell.querySelectorAll('mark')].map(mark => mark.textContent)]))"
    )
    checked = 0
    for (a, marks_a), _, (b, marks_b), _ in marked:
        if "none" in (a, b):
            continue
        assert set(marks_a) == set(a.split()) - set(b.split()) and set(marks_b) == set(b.split()) - set(a.split())
        checked += bool(marks_a)
    assert checked > 3
    choose(page, "show", "only A right", "compare-controls")
    told = page.find_element(By.CSS_SELECTOR, ".overall").text
    count = int(told.partition("Only A is right in ")[2].partition(",")[0])
    assert count > 0 and page.find_element(By.ID, "compare-summary").text.endswith(f"of {count} questions")
    page.find_element(By.CSS_SELECTOR, "#compared button.toggle").click()
    wait(page, lambda d: len(d.find_elements(By.CSS_SELECTOR, "#compared .detail .sides ol")) == 2)
    assert [e.text for e in page.find_elements(By.CSS_SELECTOR, "#compared .sides h4")] == ["KW+RA+TA", "KW"]
