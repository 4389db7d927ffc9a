"""The page of annotated sets in Debian's Chromium: what a collaborator does with it, and what must never happen."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from annotated_sets import ABOUT, LONG_NAME, POISON, POISONED, POISONED_ABOUT, RANKING, RECORDS, SPINDLE
from chromium import NEEDED, check_quiet, choose, click, column, opened, wait
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from reasonome.apps.annotate.page import render_page
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.tables import COLUMNS, tsv_line

pytestmark = NEEDED
# Hands over to the window what the page gives to the clipboard, which a test need not be allowed to use.
CLIPBOARD = (
    "Object.defineProperty(navigator, 'clipboard', {configurable: true, value: "
    "{writeText: text => { window.handedOver = text; return Promise.resolve(); }}});"
)


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
    assert names(page) == ["spindle checkpoint", "interferon response", "not asked", "the model gave no name"]
    page.find_element(By.TAG_NAME, "body").send_keys("/")
    search = page.switch_to.active_element
    for text, found in (
        ("cluster 3", ["not asked"]),
        ("INDUCED", ["interferon response"]),  # in the reasoning
        ("spindle signaling", ["spindle checkpoint"]),  # folded below the best term
        ("or4f5", ["the model gave no name"]),
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


def test_rows_are_sorted_by_mouse_and_by_keys_and_say_so(page):
    click(page, "//table[@id='sets']//button[.='genes']")
    assert cells(page, "genes") == ["3", "2", "2", "0"]
    heading = page.find_element(By.CSS_SELECTOR, "#sets th[aria-sort]")
    assert heading.get_attribute("aria-sort") == "descending" and heading.text == "genes ▼"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert cells(page, "genes") == ["0", "2", "2", "3"]
    assert page.find_element(By.CSS_SELECTOR, "#sets th[aria-sort]").get_attribute("aria-sort") == "ascending"
    click(page, "//table[@id='sets']//button[.=\"model's suggestion\"]")
    sorted_names = ["interferon response", "mitotic checkpoint", "not asked"]  # another of two
    assert names(page) == [*sorted_names, "the model gave no name"]
    click(page, "//table[@id='sets']//button[.='adjusted p']")  # the least likely by chance first
    assert page.find_element(By.CSS_SELECTOR, "#sets th[aria-sort]").get_attribute("aria-sort") == "ascending"
    assert cells(page, "adjusted p")[0] == "3.1e-5"


@pytest.mark.full
def test_the_best_term_stands_first_in_figures_and_the_suggestion_beside_it(page):
    assert cells(page, "enriched terms") == [
        "spindle assembly checkpoint\nGO BP; with nearly the same genes: spindle signaling\n"
        "cell cycle (Reactome), 3/3, 0.04",
        "no term is enriched",
        "not tested",
        "no term is enriched",
    ]
    assert (cells(page, "gene ratio")[0], cells(page, "times chance")[0]) == ("2/3", "300.0")
    assert cells(page, "set")[0].split("\n")[:2] == ["cluster 1", "higher in cluster 1 than in the others"]
    click(page, "//*[@id='sets']//button[@class='fold']")
    far = page.find_element(By.CSS_SELECTOR, "#sets .suggested.far")
    assert far.text == "interferon response"
    same, near = page.find_elements(By.CSS_SELECTOR, "#sets .suggested:not(.far)")
    assert (same.text, near.text) == ("spindle checkpoint", "mitotic checkpoint")
    assert same.value_of_css_property("color") == near.value_of_css_property("color")
    assert same.value_of_css_property("color") != far.value_of_css_property("color")
    assert cells(page, "model's suggestion")[:2] == [
        *("spindle checkpoint\nthe same as an enriched term", "mitotic checkpoint\nnear an enriched term"),
    ]


@pytest.mark.full
def test_a_name_that_is_near_no_term_is_told_why(page):
    text = open_set(page, "interferon response")
    assert "no term is enriched." in text
    assert not page.find_elements(By.XPATH, "//*[@id='sets']//button[.='Copy term']")


@pytest.mark.full
def test_a_whole_ranking_is_told_in_words_and_drawn(page):
    ranked = page.find_element(By.ID, "ranked")
    assert [one.text for one in ranked.find_elements(By.TAG_NAME, "h4")] == list(RANKING.ends)
    rows = page.execute_script(
        "return [...document.querySelectorAll('#ranked table')].map(table =>"
        " [...table.tBodies[0].rows].map(line => [...line.cells].map(cell => cell.innerText)))"
    )
    assert rows == [
        [["mitosis", "GO BP", "TTK BUB1", "12", "2.10", "2.0e-5"]],
        [["translation", "Reactome", "RPL3", "20", "-1.70", "0.02"]],
    ]
    right, left = (
        float(dot.get_attribute("cx")) for dot in ranked.find_elements(By.CSS_SELECTOR, "svg circle:has(title)")
    )
    zero = float(ranked.find_element(By.CSS_SELECTOR, "svg .zero").get_attribute("x1"))
    assert left < zero < right


@pytest.mark.full
def test_lists_and_flags_are_filtered(page):
    choose(page, "list", "day 7")
    assert names(page) == ["mitotic checkpoint", "the model gave no name"]
    tick(page, "flagged only")
    assert names(page) == ["the model gave no name"] and cells(page, "flags") == ["⚑ the model abstained"]
    choose(page, "list", "all lists")
    assert names(page) == ["spindle checkpoint", "not asked", "the model gave no name"]
    assert cells(page, "flags")[0] == "⚑ listed twice: TTK\n⚑ 1 claim contradicted"
    assert cells(page, "flags")[1] == "⚑ not tested: none of its identifiers is a gene"
    click(page, "//*[@id='controls']//button[.='Reset']")
    assert len(names(page)) == 4


@pytest.mark.full
def test_nearly_identical_sets_are_folded_below_one(page):
    assert "5 of 5 sets; 1 of them are folded" in page.find_element(By.ID, "folded").text
    fold = page.find_element(By.CSS_SELECTOR, "#sets button.fold")
    assert fold.text == "▸ 1 nearly the same" and fold.get_attribute("aria-expanded") == "false"
    fold.send_keys(Keys.ENTER)
    assert names(page)[:3] == ["spindle checkpoint", "mitotic checkpoint", "interferon response"]
    focused = page.switch_to.active_element
    assert focused.text == "▾ 1 nearly the same" and focused.get_attribute("aria-expanded") == "true"
    focused.send_keys(Keys.ENTER)
    assert len(names(page)) == 4
    tick(page, "fold near-identical sets")
    assert len(names(page)) == 5 and not page.find_elements(By.CSS_SELECTOR, "#sets button.fold")


@pytest.mark.full
def test_an_opened_set_shows_what_its_name_rests_on_and_takes_the_focus(page):
    assert not page.find_elements(By.CSS_SELECTOR, ".evidence")  # made when asked for
    text = open_set(page, "spindle checkpoint")
    assert page.switch_to.active_element.tag_name == "h3"
    for said in (
        "markers of cluster 1",
        "spindle assembly checkpoint (GO BP): 2 of 3 genes, 300.0 times as many as by chance, adjusted p 3.1e-5",
        "higher in cluster 1 than in the others",
        "it is the enriched term 'spindle assembly checkpoint' (GO BP; 2 of 3 genes).",
        "0.75 of 1, stated by the model; not a probability of being right",
        "80 %",
        "BUB1 and MAD2L1 delay anaphase.",
        "spindle assembly checkpoint; term score, from 0 to 1: 0.90",
        "+ 1 with nearly the same genes",
        "spindle signaling (GO:0071174): 2 genes, adjusted p 4.0e-5",
        "the first text",
        "the second text",
        "models/tiny/grpo.names-s0 (Qwen/Qwen3-0.6B)",
    ):
        assert said in text, said
    tables = page.execute_script(
        "return [...document.querySelectorAll('.evidence table')].map(table =>"
        " [...table.tBodies[0].rows].map(line => [...line.cells].map(cell => cell.innerText)))"
    )
    process, pathways, facts, claims, genes, unmapped = tables
    assert facts == [["BUB1", "spindle assembly checkpoint", "involved in spindle signaling (IDA)"]]
    assert [one.text for one in page.find_elements(By.CSS_SELECTOR, ".evidence .unchecked li")] == ["TTK is left over."]
    assert "Not checked, as these sentences are questions, or name no term of the sources, or one only" in text
    assert claims == [
        ["BUB1", "mitosis", "✔ supported", "BUB1: mitosis (IDA)"],
        ["MAD2L1", "anaphase", "? unknown", "no fact found in the sources"],
        ["TTK", "not: kinase activity", "✘ contradicted", "TTK: kinase (TAS)"],
    ]
    assert process[0][1:] == ["GO:0007094", "BUB1 MAD2L1", "2/3", "40/18000", "300.0", "2.0e-7", "3.1e-5"]
    assert pathways == [["cell cycle", "R-HSA-2", "BUB1 MAD2L1 TTK", "3/3", "600/18000", "30.0", "0.001", "0.04"]]
    dots = page.find_elements(By.CSS_SELECTOR, ".evidence svg circle")
    across = [float(dot.get_attribute("cx")) for dot in dots]
    assert across[0] > across[1]  # 300 and 30 times
    assert genes[1] == ["ENSG00000164109", "MAD2L1", "mitotic arrest deficient 2 like 1", "id", "yes", ""]
    assert [row[4:] for row in genes] == [["yes", "2.5"], ["yes", ""], ["no", ""]]
    assert unmapped == [["MARCH1", "a date in a spreadsheet", "MARCHF1, MARC1"]]
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find_elements(By.CSS_SELECTOR, ".evidence")
    assert page.switch_to.active_element.get_attribute("aria-label") == "Details"


@pytest.mark.full
def test_a_set_without_a_name_says_why(page):
    text = open_set(page, "not asked")
    assert "not tested: none of its identifiers is a gene" in text and "No gene was recognised." in text
    assert "foo" in text and "named by" not in text
    assert not page.find_elements(By.XPATH, "//*[@id='sets']//button[.='Copy term' or .='Copy genes']")


@pytest.mark.full
def test_an_address_that_ends_in_an_id_opens_that_set(page, written):
    page.get(f"{written.as_uri()}#{quote('day 7/cluster 1', safe='')}")
    wait(page, lambda d: d.find_elements(By.CSS_SELECTOR, ".evidence"))
    assert page.switch_to.active_element.text == "no term is enriched"  # of the set that was folded away
    href = page.find_element(By.LINK_TEXT, "link to this set").get_attribute("href")
    assert href == f"{written.as_uri()}#day%207%2Fcluster%201"
    page.execute_script("location.hash = '%%%'")
    page.execute_script("location.hash = 'how-made'")
    assert len(page.find_elements(By.CSS_SELECTOR, ".evidence")) == 1


@pytest.mark.full
def test_names_genes_and_rows_are_handed_to_the_clipboard(page):
    page.execute_script(CLIPBOARD)
    open_set(page, "spindle checkpoint")
    for button, text in (
        ("Copy term", "spindle assembly checkpoint"),
        ("Copy genes", "BUB1\nMAD2L1\nTTK"),
        ("Copy row as TSV", tsv_line(SPINDLE)),
    ):
        click(page, f"//*[@class='handles']/button[.='{button}']")
        wait(page, lambda d, text=text: d.execute_script("return window.handedOver") == text)
    wait(page, lambda d: d.find_elements(By.XPATH, "//button[.='copied ✓']"))


@pytest.mark.full
def test_a_browser_that_forbids_the_clipboard_copies_a_selection(page):
    page.execute_script(
        "Object.defineProperty(navigator, 'clipboard', {configurable: true, value: undefined});"
        "document.execCommand = (command) => {"
        " window.handedOver = [command, document.activeElement.value]; return false; };"
    )
    open_set(page, "spindle checkpoint")
    click(page, "//*[@class='handles']/button[.='Copy genes']")
    wait(page, lambda d: d.find_elements(By.XPATH, "//button[.='not copied: the browser forbids it']"))
    assert page.execute_script("return window.handedOver") == ["copy", "BUB1\nMAD2L1\nTTK"]
    assert not page.find_elements(By.TAG_NAME, "textarea")


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


@pytest.mark.full
def test_only_the_chosen_lists_are_compared(driver, tmp_path):
    other = SPINDLE.model_copy(update={"list": "day 14", "set": "cluster 9", "id": "day 14/cluster 9", "group": 9})
    alike = SPINDLE.model_copy(update={"list": "day 14", "id": "day 14/cluster 1"})
    (tmp_path / "annotations.html").write_text(render_page([*RECORDS, other, alike], ABOUT))
    page = opened(driver, tmp_path / "annotations.html")
    assert page.find_element(By.ID, "lists-summary").text.startswith("5 rows; in two or more of these lists: 1;")
    tick(page, "day 7", "lists-controls")
    assert cells(page, "sets", "lists") == ["cluster 1", "cluster 2", "cluster 3", "cluster 9"]
    assert page.find_element(By.ID, "lists-summary").text == (
        "4 rows; in two or more of these lists: 1; of these, with different best terms: 0."
    )
    check_quiet(page, tmp_path / "annotations.html")


@pytest.mark.full
def test_sets_of_two_tables_are_matched_by_their_direction_where_their_genes_differ(driver, tmp_path):
    """Only MAD2L1 and TTK are in both, too few to be nearly identical, and each set bears the name of its table."""
    bub1, mad2l1, ttk = SPINDLE.genes
    other = bub1.model_copy(update={"symbol": "AURKB", "written": "AURKB"})
    named = {"edger": [bub1, mad2l1, ttk], "limma": [mad2l1, other, ttk]}
    records = [
        SPINDLE.model_copy(
            update={"list": name, "set": f"{name} {way}", "id": f"{name}/{way}", "genes": genes, "group": group}
        )
        for group, (way, name, genes) in enumerate(
            [*(("up", name, genes) for name, genes in named.items()), ("down", "limma", [bub1])], start=1
        )
    ]
    (tmp_path / "annotations.html").write_text(render_page(records, ABOUT))
    page = opened(driver, tmp_path / "annotations.html")
    assert page.find_element(By.ID, "lists-summary").text.startswith("2 rows; in two or more of these lists: 1;")
    assert cells(page, "set", "lists") == ["edger up / limma up", "limma down"]
    assert page.find_element(By.ID, "lists-controls").text.count("near-identical genes (Jaccard ≥ 0.8)") == 1
    first, second = cells(page, "edger", "lists")
    assert "edger up · 3 genes, 2 of them in all lists of this row" in first and second == "not in this list"
    click(page, "(//table[@id='lists']//button[@aria-label='Details'])[1]")
    assert page.find_element(By.CSS_SELECTOR, "#lists .shared").text == "In all lists of this row, 2 genes: MAD2L1 TTK"
    told = [part.text for part in page.find_elements(By.CSS_SELECTOR, "#lists .sides dl")]
    for side, own in zip(told, ("BUB1", "AURKB"), strict=True):
        assert f"of these in no other list of this row: 1\n{own}" in side
    check_quiet(page, tmp_path / "annotations.html")


@pytest.mark.full
def test_sets_of_two_files_of_one_name_are_matched_by_their_direction(driver, tmp_path):
    """As of a/deseq2.csv and b/deseq2.csv: the second list has a number, and its sets have the names of the first."""
    records = [
        SPINDLE.model_copy(
            update={"list": name, "set": f"deseq2 {way}", "id": f"{name}/{way}", "genes": [gene], "group": group}
        )
        for group, (name, way, gene) in enumerate(
            zip(("deseq2", "deseq2 (2)", "deseq2 (2)"), ("up", "up", "down"), SPINDLE.genes, strict=True), start=1
        )
    ]
    (tmp_path / "annotations.html").write_text(render_page(records, ABOUT))
    page = opened(driver, tmp_path / "annotations.html")
    assert page.find_element(By.ID, "lists-summary").text.startswith("2 rows; in two or more of these lists: 1;")
    assert cells(page, "set", "lists") == ["deseq2 up", "deseq2 down"]
    check_quiet(page, tmp_path / "annotations.html")


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
        "TTK is left over.",
        "BUB1: mitosis (IDA)",
        "MARCHF1",
        "the second text",
        "cell cycle",
    ):
        assert f"{said}{POISON}" in text, said
    page.execute_script("for (const one of document.querySelectorAll('#lists button.toggle')) one.click()")
    assert f"day 0{POISON}" in page.execute_script("return document.getElementById('lists').textContent")
    check_quiet(page, hostile)


@pytest.mark.full
def test_a_phone_shows_all_without_scrolling_sideways(driver, tmp_path):
    long = SPINDLE.model_copy(update={"id": "long", "name": LONG_NAME, "set": "s" * 60, "group": 9})
    (tmp_path / "annotations.html").write_text(render_page([*RECORDS, long], ABOUT))
    metrics = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page = opened(driver, tmp_path / "annotations.html")
        page.execute_script("for (const one of document.querySelectorAll('button.toggle')) one.click()")
        assert page.execute_script("return document.documentElement.scrollWidth") <= 360
        overflowing = (
            "return [...document.querySelectorAll('#sets tr.entry, #sets tr.entry > td, .stacked')]"
            ".filter(one => one.getBoundingClientRect().right > 361).length"
        )
        assert page.execute_script(overflowing) == 0
        assert LONG_NAME in [name for name in names(page)]
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.full
def test_two_thousand_sets_open_and_are_searched(driver, tmp_path):
    many = [
        SPINDLE.model_copy(update={"id": f"set-{place}", "set": f"set-{place}", "group": place + 1})
        for place in range(2000)
    ]
    (tmp_path / "annotations.html").write_text(render_page(many, ABOUT))
    page = opened(driver, tmp_path / "annotations.html")
    assert page.find_element(By.ID, "status").text == "1–25 of 2,000 rows"
    assert len(page.find_elements(By.CSS_SELECTOR, "#sets tr")) == 26  # one page is drawn, and no evidence
    page.find_element(By.ID, "search").send_keys("set-1234")
    wait(page, lambda d: [text.split("\n")[0] for text in cells(d, "set")] == ["set-1234"])
    page.get(f"{(tmp_path / 'annotations.html').as_uri()}#set-1999")
    wait(page, lambda d: d.find_elements(By.CSS_SELECTOR, ".evidence"))
    assert page.find_element(By.ID, "status").text == "1,976–2,000 of 2,000 rows"
