"""The page of ranked cases in Debian's Chromium: what a reader does with it, and what must never happen."""

from pathlib import Path

import pytest
from chromium import NEEDED, check_quiet, choose, click, column, opened, wait
from selenium.webdriver.common.by import By

from reasonome.apps.rank.page import PageAbout, render_page
from reasonome.apps.rank.record import (
    PURPOSE,
    AgainstIt,
    AskedPhenotype,
    KnownDisease,
    KnownPhenotype,
    RankedCandidate,
    RankingRecord,
    Sample,
)
from reasonome.report.card_sources import SourceRead

pytestmark = NEEDED
POISON = "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
SEIZURE = AskedPhenotype(id="HP:0001250", label="Seizure")
KNOWN = KnownPhenotype(
    label="Seizure",
    same=True,
    known_label="Seizure",
    diseases=["Dravet syndrome (OMIM:607208)"],
)
DRAVET = KnownDisease(
    name="Dravet syndrome (OMIM:607208)",
    link="https://omim.org/entry/607208",
    fit=0.5,
    against=[AgainstIt(label="Arachnodactyly", known_label="Arachnodactyly", stated="9 of 10 patients")],
)
CASES = [
    RankingRecord(
        kind="case",
        file="clinic",
        name="first",
        id="a1",
        present=[SEIZURE],
        genes=[
            RankedCandidate(
                symbol="SCN1A",
                rank=1,
                first=0.6,
                listed=1,
                overlap=1.4,
                fit=0.5,
                fit_rank=1,
                known=[KNOWN],
                diseases=[DRAVET],
            ),
            RankedCandidate(symbol="FGD1", rank=2, first=0.4, listed=1, overlap=0),
        ],
        samples=[Sample(genes=["SCN1A", "FGD1"], text="<genes>[SCN1A, FGD1]</genes>")],
        reasons="SCN1A causes seizures.",
    ),
    RankingRecord(
        kind="case",
        file="clinic",
        name=f"second {POISON}",
        id="b2",
        present=[AskedPhenotype(id="HP:0000316", label=f"Hypertelorism {POISON}")],
        genes=[
            RankedCandidate(symbol="FGD1", name=POISON, rank=1, first=1, listed=1, overlap=0.2, fit=0.2, fit_rank=7),
            RankedCandidate(symbol="FBN1", overlap=0.7, fit=0.7, fit_rank=1, shown=False),
        ],
        samples=[Sample(genes=["FGD1"], text=POISON)],
        reasons=POISON,
        flags=[f"listed, but no human genes: {POISON}"],
    ),
    RankingRecord(kind="case", file="clinic", name="third", id="c3", error="no phenotype"),
]


def about() -> PageAbout:
    return PageAbout(
        kind="case",
        model=f"tiny {POISON}",
        benchmark="demo-cases",
        style="short",
        decoding="5 answers",
        reading=[POISON],
        sources=[SourceRead(name="hpo", release="2025", licence=POISON)],
        where=f"Asked here {POISON}",
        command=f"reasonome rank '{POISON}'",
        warnings=[POISON],
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("ranked") / "rankings.html"
    path.write_text(render_page(CASES, about()))
    return path


@pytest.fixture
def page(driver, written):
    yield opened(driver, written)
    check_quiet(driver, written, downloads=True)


def cells(page, heading: str) -> list[str]:
    return column(page, heading, "rankings")


def test_the_table_shows_the_model_beside_the_facts(page):
    assert PURPOSE.capitalize() in page.find_element(By.TAG_NAME, "header").text
    assert [cell.split("\n")[0] for cell in cells(page, "model's first gene")] == ["SCN1A", "FGD1", "not asked"]
    assert cells(page, "first in") == ["60 %", "100 %", ""]
    assert cells(page, "best by phenotypes") == ["SCN1A", "FBN1", ""]
    assert cells(page, "rank by phenotypes") == ["1", "7", ""]
    assert cells(page, "diseases") == ["Dravet syndrome (OMIM:607208)", "", ""]
    assert cells(page, "phenotypes known") == ["1 of 1", "0 of 1", ""]
    assert cells(page, "flags")[2] == "⚑ not asked: no phenotype"


def test_views_and_search(page):
    choose(page, "show", "flagged")
    assert [cell.split()[0] for cell in cells(page, "case")] == ["second", "third"]
    choose(page, "show", "all")
    page.find_element(By.ID, "search").send_keys("seizure")
    wait(page, lambda page: cells(page, "case") == ["first"])


def test_a_row_opens_to_the_ranking_and_the_reasons(page):
    click(page, "//table[@id='rankings']//tr[contains(@class, 'entry')][1]//button")
    text = page.find_element(By.CSS_SELECTOR, "tr.detail").text
    for told in (
        "✔ Seizure",
        "Dravet syndrome (OMIM:607208)",
        "✘ Arachnodactyly is absent, and most patients have it: 9 of 10 patients",
        "SCN1A causes seizures.",
    ):
        assert told in text
    links = page.find_elements(By.CSS_SELECTOR, "tr.detail a[rel=noreferrer]")
    assert {link.get_attribute("href") for link in links} == {"https://omim.org/entry/607208"}


def test_a_page_without_a_model(driver, tmp_path):
    equal = RankedCandidate(symbol="FGD1", rank=1, fit=0.5, fit_rank=1, overlap=0.5)
    case = CASES[0].model_copy(update={"genes": [CASES[0].genes[0], equal], "samples": [], "reasons": ""})
    path = tmp_path / "rankings.html"
    path.write_text(render_page([case], about().model_copy(update={"model": "", "decoding": "", "style": ""})))
    opened(driver, path)
    assert cells(driver, "first gene") == ["SCN1A = FGD1"]
    assert (cells(driver, "fit"), cells(driver, "diseases")) == (["0.50"], ["Dravet syndrome (OMIM:607208)"])
    click(driver, "//table[@id='rankings']//tr[contains(@class, 'entry')][1]//button")
    text = driver.find_element(By.CSS_SELECTOR, "tr.detail").text
    assert "diseases that fit" in text.lower() and "Reasons" not in text and "answer" not in text
    check_quiet(driver, path)


def test_an_address_opens_its_row_and_hostile_texts_stay_texts(driver, written):
    opened(driver, written)
    driver.get(f"{written.as_uri()}#b2")
    wait(driver, lambda page: page.find_elements(By.CSS_SELECTOR, "tr.detail"))
    for summary in driver.find_elements(By.CSS_SELECTOR, "tr.detail summary"):
        summary.click()
    assert POISON in driver.find_element(By.CSS_SELECTOR, "tr.detail").text
    check_quiet(driver, written)
