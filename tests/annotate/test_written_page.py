"""The page of annotated sets: self-contained, and deaf to whatever a model or a user puts into names and text."""

import base64
import hashlib
import json
import re

import pytest
from annotated_sets import ABOUT, POISON, POISONED, POISONED_ABOUT, RANKING, RECORDS, SPINDLE
from rendered_page import Elements

from reasonome.apps.annotate import page
from reasonome.apps.annotate.figures import Drawn
from reasonome.apps.annotate.page import PageAbout
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.report import page_files


def data(page: Elements) -> dict:
    return json.loads(next(text for text in page.text["script"] if text.startswith("{")))


@pytest.fixture(scope="module")
def clean() -> str:
    return page.render_page(RECORDS, ABOUT, [RANKING])


@pytest.fixture(scope="module")
def hostile() -> str:
    return page.render_page(POISONED, POISONED_ABOUT, [RANKING])


def test_nothing_from_the_data_becomes_an_element_or_an_attribute(clean, hostile):
    found = Elements(hostile)
    assert found.elements == Elements(clean).elements
    assert [text for text in found.text["script"] if text.strip()][1:] == [page_files.one_script(page.SCRIPTS)]
    for name, value in found.attributes:
        assert not name.startswith("on") and "pwned" not in f"{name}{value}"


def test_what_was_injected_is_kept_as_text(hostile):
    found = Elements(hostile)
    assert any(f"Gene Ontology{POISON}" in text for text in found.text["th"])
    assert [AnnotationRecord.model_validate(row) for row in data(found)["records"]] == POISONED


def test_the_script_never_writes_markup():
    script = page_files.one_script(page.SCRIPTS)
    assert all(path.read_text() in script for path in page.HERE.glob("*.js"))
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttp"):
        assert forbidden not in script


def test_the_page_loads_nothing_and_runs_its_own_script_alone(clean):
    found = Elements(clean)
    links = [value for name, value in found.attributes if name in ("src", "href", "action")]
    beside = {"enrichment.tsv", "gsea.tsv", "enrichment.xlsx", "methods.txt"}
    assert links and all(link.startswith("#") or link in beside for link in links)
    assert "@import" not in clean and "url(" not in clean
    script = clean.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(value for _, value in found.attributes if (value or "").startswith("default-src"))
    directives = dict(re.findall(r"([a-z-]+) ([^;]+)", policy))
    assert directives["default-src"] == "'none'" and directives["script-src"] == f"'sha256-{digest}'"


def test_the_page_warns_and_says_how_the_names_were_made(clean):
    text = " ".join(" ".join(words) for words in Elements(clean).text.values())
    for said in (
        "This model's scores do not beat the best constant.",
        "5 in 2 lists: day 0, day 7",
        "context: cells of a line",
        "sft.names-s0 → grpo.names-s0",
        "Reactome: 1,712 pathways",
        "reasonome annotate sets.gmt",
        "CC BY 4.0",
    ):
        assert said in text, said


def test_a_page_without_a_model_speaks_of_none():
    plain = SPINDLE.model_copy(update={"name": "", "answer": "", "paragraph": []})
    written = page.render_page([plain], PageAbout(universe=["all genes"], command="reasonome annotate"))
    found = Elements(written)
    assert data(found)["model"] == "" and 'id="ranked"' not in written
    told = " ".join(text for tag in ("p", "dt", "dd", "strong") for text in found.text[tag])
    for word in ("model", "learned from", "suggestion"):
        assert word not in told, word


def test_the_page_shows_figures_and_leads_to_their_files():
    drawn = {SPINDLE.id: [Drawn("day_0_dot_plot", "dot plot", "<svg></svg>")]}
    held = data(Elements(page.render_page([SPINDLE], ABOUT, (), drawn)))
    assert held["figures"] == {SPINDLE.id: [{"name": "day_0_dot_plot", "kind": "dot plot", "svg": "<svg></svg>"}]}
