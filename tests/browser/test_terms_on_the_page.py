"""Enriched terms on the page in Debian's Chromium: links to sources, and figures."""

from pathlib import Path

import pytest
from annotated_sets import ABOUT, ERROR, INTERFERON, RANKING, SPINDLE
from chromium import NEEDED, check_quiet, click, column, opened
from selenium.webdriver.common.by import By

from reasonome.apps.annotate.figures import draw
from reasonome.apps.annotate.page import render_page
from reasonome.enrichment.term import EnrichedTerm

pytestmark = NEEDED
LONG = "regulation of cyclin-dependent protein serine/threonine kinase activity involved in G2/M transition"
SIZES = {"universe": 18000, "p": 1e-6, "genes": ["ISG15"]}
RESPONSE = EnrichedTerm(
    library="GO BP", id="GO:0060337", name=LONG, overlap=1, size=60, drawn=2, adjusted_p=1e-4, **SIZES
)
SECOND = INTERFERON.model_copy(update={"enriched": [RESPONSE]})
TERMS = {SPINDLE.id: SPINDLE.enriched, SECOND.id: [RESPONSE]}
TOLD = ABOUT.model_copy(
    update={
        "releases": {"GO BP": "GO 2022-07-01", "Reactome": "Reactome 94"},
        "tests": {"day 0": {"GO BP": 5123, "Reactome": 1712}},
    }
)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("terms") / "annotations.html"
    drawn, _ = draw([SPINDLE, SECOND, ERROR], TERMS, [RANKING], path.parent / "figures")
    path.write_text(render_page([SPINDLE, SECOND, ERROR], TOLD, [RANKING], drawn))
    return path


@pytest.fixture
def page(driver, written):
    opened(driver, written)
    yield driver
    check_quiet(driver, written)


def links(page, within: str) -> dict[str, str]:
    found = page.find_elements(By.CSS_SELECTOR, f"{within} a[target=_blank]")
    return {link.text: link.get_attribute("href") for link in found}


def test_terms_lead_to_their_sources_and_say_their_release_and_over_how_many_tests(page):
    assert links(page, "#sets") == {
        "spindle assembly checkpoint": "https://amigo.geneontology.org/amigo/term/GO:0007094",
        "cell cycle": "https://reactome.org/content/detail/R-HSA-2",
        LONG: "https://amigo.geneontology.org/amigo/term/GO:0060337",
    }
    assert column(page, "adjusted p", "sets") == ["3.1e-5\nof 5,123 tests", "1.0e-4\nof 5,123 tests", ""]
    click(page, "(//table[@id='sets']//button[@aria-label='Details'])[1]")
    notes = [note.text for note in page.find_elements(By.CSS_SELECTOR, ".library-note")]
    tests = "one for each set of the library, also those that share no gene with the list"
    assert notes == [
        f"GO 2022-07-01; p adjusted for 5,123 tests, {tests}",
        f"Reactome 94; p adjusted for 1,712 tests, {tests}",
    ]


def test_an_opened_set_shows_its_figures_and_leads_to_their_files(page):
    click(page, "(//table[@id='sets']//button[@aria-label='Details'])[2]")
    labels = [text.text for text in page.find_elements(By.CSS_SELECTOR, ".evidence svg text")]
    assert "(GO BP)" in "".join(labels) and "adjusted p" in "".join(labels)
    files = [
        link.get_attribute("href") for link in page.find_elements(By.CSS_SELECTOR, ".evidence .handles a[href$=pdf]")
    ]
    assert [file.rpartition("/figures/")[2] for file in files] == [
        "day_0_cluster_2_dot_plot.pdf",
        "day_0_cluster_2_bar_plot.pdf",
    ]
