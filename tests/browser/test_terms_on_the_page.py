"""Enriched terms on the page in Debian's Chromium: links to sources, pictures with whole labels, what is downloaded."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from annotated_sets import ABOUT, ERROR, INTERFERON, RANKING, SPINDLE
from chromium import NEEDED, check_quiet, click, column, opened, wait
from selenium.webdriver.common.by import By

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
    path.write_text(render_page([SPINDLE, SECOND, ERROR], TOLD, [RANKING], TERMS))
    return path


@pytest.fixture
def page(driver, written, tmp_path):
    opened(driver, written)
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    yield driver
    check_quiet(driver, written, downloads=True)


def links(page, within: str) -> dict[str, str]:
    found = page.find_elements(By.CSS_SELECTOR, f"{within} a[target=_blank]")
    return {link.text: link.get_attribute("href") for link in found}


def fetched(path: Path, page) -> str:
    wait(page, lambda d: path.is_file())
    return path.read_text(encoding="utf-8")


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


def test_a_picture_has_whole_labels_and_stands_alone_when_downloaded(page, tmp_path):
    click(page, "(//table[@id='sets']//button[@aria-label='Details'])[2]")
    labels = page.execute_script(
        "return [...document.querySelectorAll('.evidence svg text')].map(text => "
        "[text.textContent, text.getBoundingClientRect().left, text.ownerSVGElement.getBoundingClientRect().left])"
    )
    broken = [text for text, *_ in labels[: next(place for place, one in enumerate(labels) if one[0] == "0")]]
    assert len(broken) > 1 and "".join(broken).replace(" ", "") == LONG.replace(" ", "")
    assert all(left >= edge for _, left, edge in labels)  # nothing is cut off
    click(page, "//*[contains(@class, 'evidence')]//button[.='Download picture (SVG)']")
    picture = ET.fromstring(fetched(tmp_path / "day-0-cluster-2.svg", page))
    circles = picture.findall(".//{http://www.w3.org/2000/svg}circle")
    assert picture.tag == "{http://www.w3.org/2000/svg}svg" and circles[0].get("fill") == "#1f66a8"
