"""The page of annotated sets in Debian's Chromium: what a collaborator does with it, and what must never happen."""

import json
from pathlib import Path

import pytest
from annotated_sets import ABOUT, POISON, POISONED, POISONED_ABOUT, RANKING, RECORDS
from chromium import NEEDED, check_quiet, choose, click, column, opened, wait
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from reasonome.apps.annotate.page import render_page
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.tables import COLUMNS, tsv_line

pytestmark = NEEDED


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("annotated") / "annotations.html"
    path.write_text(render_page(RECORDS, ABOUT, [RANKING]))
    return path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "annotations.html"
    path.write_text(render_page(POISONED, POISONED_ABOUT, [RANKING]))
    return path


@pytest.fixture
def page(driver, written):
    yield opened(driver, written)
    check_quiet(driver, written, downloads=True)


def cells(page: WebDriver, heading: str, table: str = "sets") -> list[str]:
    return column(page, heading, table)


def names(page: WebDriver) -> list[str]:
    """What the model suggests, or what stands in its place."""
    return [text.split("\n")[0] for text in cells(page, "model's suggestion")]


def tick(page: WebDriver, label: str, within: str = "controls") -> None:
    click(page, f"//*[@id='{within}']//label[contains(., '{label}')]/input")


def open_set(page: WebDriver, name: str) -> str:
    """Open the row with this name; all that stands below it, folded parts too."""
    click(
        page, f"//table[@id='sets']//tr[contains(@class, 'entry')][.//span[.='{name}']]//button[@aria-label='Details']"
    )
    return evidence(page)


def evidence(page: WebDriver) -> str:
    for part in page.find_elements(By.CSS_SELECTOR, "#sets .evidence details"):
        page.execute_script("arguments[0].open = true", part)
    wait(page, lambda d: not d.find_elements(By.CSS_SELECTOR, "#sets .evidence details > summary:only-child"))
    return page.find_element(By.CSS_SELECTOR, "#sets .evidence").text


@pytest.mark.full
def test_a_search_finds_sets_names_genes_and_terms(page):
    assert names(page) == ["spindle checkpoint", "interferon response", "not asked", "no name"]
    search = page.find_element(By.ID, "search")
    for text, found in (
        ("cluster 3", ["not asked"]),
        ("rad51 act in", ["spindle checkpoint"]),  # in the paragraph
        ("spindle signaling", ["spindle checkpoint"]),  # folded below the best term
        ("or4f5", ["no name"]),
        ("ensg00000164109", ["spindle checkpoint"]),  # as it was written; two sets, nearly the same
        ("spindle assembly", ["spindle checkpoint"]),
        ("go:0007094", ["spindle checkpoint"]),
        ("march1", ["spindle checkpoint"]),  # unmapped
        ("isg15 bub1", []),
    ):
        search.clear()
        search.send_keys(text)
        wait(page, lambda d, found=found: names(d) == found)
    assert page.find_element(By.ID, "status").text == "No rows: clear the search or a filter."
    search.send_keys(Keys.ESCAPE)
    wait(page, lambda d: len(names(d)) == 4)


@pytest.mark.full
def test_an_opened_set_shows_what_its_name_rests_on_and_takes_the_focus(page):
    assert not page.find_elements(By.CSS_SELECTOR, ".evidence")  # made when asked for
    text = open_set(page, "spindle checkpoint")
    assert page.switch_to.active_element.tag_name == "h3"
    for said in (
        "markers of cluster 1",
        "spindle assembly checkpoint (GO BP): 2 of 3 genes, 300.0 times as many as by chance, adjusted p 3.1e-5",
        "higher in cluster 1 than in the others",
        "BUB1 ✔ and RAD51 ✘ act in the spindle assembly checkpoint ✔ and in anaphase ✘",
        "+ 1 with nearly the same genes",
        "spindle signaling (GO:0071174): 2 genes, adjusted p 4.0e-5",
        "the text",
        "models/tiny/grpo.names-s0 (Qwen/Qwen3-0.6B)",
    ):
        assert said in text, said
    tables = page.execute_script(
        "return [...document.querySelectorAll('.evidence table')].map(table =>"
        " [...table.tBodies[0].rows].map(line => [...line.cells].map(cell => cell.innerText)))"
    )
    process, pathways, genes, unmapped = tables
    assert process[0][1:] == ["GO:0007094", "BUB1 MAD2L1", "2/3", "40/18000", "300.0", "2.0e-7", "3.1e-5"]
    assert pathways == [["cell cycle", "R-HSA-2", "BUB1 MAD2L1 TTK", "3/3", "600/18000", "30.0", "0.001", "0.04"]]
    assert genes[1] == ["ENSG00000164109", "MAD2L1", "mitotic arrest deficient 2 like 1", "id", "yes", ""]
    assert [row[4:] for row in genes] == [["yes", "2.5"], ["yes", ""], ["no", ""]]
    assert unmapped == [["MARCH1", "a date in a spreadsheet", "MARCHF1, MARC1"]]
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find_elements(By.CSS_SELECTOR, ".evidence")
    assert page.switch_to.active_element.get_attribute("aria-label") == "Details"


def test_the_rows_that_are_shown_are_downloaded(page, tmp_path):
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    choose(page, "list", "day 0")
    click(page, "//table[@id='sets']//button[.=\"model's suggestion\"]")
    shown = [RECORDS[1], RECORDS[2], RECORDS[0]]
    for button, name in (("TSV", "annotations-shown.tsv"), ("JSONL", "annotations-shown.jsonl")):
        click(page, f"//*[@id='controls']//button[.='Download sets ({button})']")
        wait(page, lambda d, name=name: (tmp_path / name).is_file())
    lines = (tmp_path / "annotations-shown.tsv").read_text(encoding="utf-8")
    assert lines == "".join(f"{line}\n" for line in ["\t".join(COLUMNS), *map(tsv_line, shown)])
    rows = map(json.loads, (tmp_path / "annotations-shown.jsonl").read_text(encoding="utf-8").splitlines())
    assert [AnnotationRecord.model_validate(row) for row in rows] == shown


@pytest.mark.full
def test_lists_are_compared_by_group_and_by_name(page):
    assert page.find_element(By.ID, "lists-summary").text == (
        "4 rows; in two or more of these lists: 1; of these, with different best terms: 1."
    )
    assert cells(page, "sets", "lists") == ["cluster 1", "cluster 2", "cluster 3", "cluster 2"]
    first = [text.split("\n")[0] for text in cells(page, "day 7", "lists")]
    assert first == ["no term is enriched", "not in this list", "not in this list", "no term is enriched"]
    choose(page, "a row is", "the set's name", "lists-controls")
    assert cells(page, "set", "lists") == ["cluster 1", "cluster 2", "cluster 3"]
    assert [text.split("\n")[0] for text in cells(page, "day 7", "lists")][:2] == [
        "no term is enriched",
        "no term is enriched",
    ]
    choose(page, "show", "in one list only", "lists-controls")
    assert cells(page, "set", "lists") == ["cluster 3"]
    choose(page, "show", "different best terms", "lists-controls")
    assert cells(page, "set", "lists") == ["cluster 1"]
    click(page, "//table[@id='lists']//button[@aria-label='Details']")
    sides = [side.text for side in page.find_elements(By.CSS_SELECTOR, "#lists .sides h4")]
    assert sides == ["day 0: cluster 1", "day 7: cluster 1"]
    click(page, "(//table[@id='lists']//button[.='All of its evidence'])[2]")
    assert page.switch_to.active_element.text == "no term is enriched"
    tick(page, "day 0", "lists-controls")
    assert page.find_element(By.ID, "lists-summary").text == "Choose two or more lists."
    assert not page.find_element(By.ID, "lists-status").is_displayed()
    assert cells(page, "set", "lists") == []


def test_markup_in_the_data_is_text_wherever_it_is_shown(driver, hostile):
    page = opened(driver, hostile)
    assert names(page)[0] == f"spindle checkpoint{POISON}"
    assert cells(page, "enriched terms")[0].startswith(f"spindle assembly checkpoint{POISON}")
    for place in range(4):
        toggles = page.find_elements(By.CSS_SELECTOR, "#sets button.toggle")
        page.execute_script("arguments[0].click()", toggles[place])
    evidence(page)
    text = page.execute_script("return document.getElementById('sets').textContent")
    for said in (
        "spindle checkpoint",
        "MARCHF1",
        "the text",
        "cell cycle",
    ):
        assert f"{said}{POISON}" in text, said
    page.execute_script("for (const one of document.querySelectorAll('#lists button.toggle')) one.click()")
    assert f"day 0{POISON}" in page.execute_script("return document.getElementById('lists').textContent")
    check_quiet(page, hostile)
