"""Libraries of Enrichr: fetched once by GSEApy, which is stood in for, pinned, and used again without a network."""

import gseapy
import pytest
from annotation_project import GOOD, REPAIR
from refusals import refused

from reasonome.apps.annotate import enrichr
from reasonome.config.annotations import Annotation

NAME = "MSigDB_Hallmark_2020"


def no_network(*given, **options):
    raise ConnectionError("no route to host")


def fetch(annotating, name=NAME):
    enrichr.fetch(annotating.project, Annotation(sets=["x"], libraries=[name]))


@pytest.fixture
def pinned(annotating, monkeypatch):
    sent = {"DNA Repair": REPAIR, "Empty": []}
    monkeypatch.setattr(gseapy, "get_library", lambda name, **options: {NAME: sent}[name])
    fetch(annotating)
    monkeypatch.setattr(gseapy, "get_library", no_network)
    path = enrichr.pinned(annotating.project, NAME)
    yield path
    path.unlink()


def test_a_library_is_fetched_once_and_named_with_its_day(annotating, pinned):
    fetch(annotating)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=None, only_libraries=[NAME])
    assert [(term["name"], term["library"]) for term in record["enriched"]] == [("DNA Repair", NAME)]
    day, digest = pinned.name.split(".")[1:3]
    told = (annotating.out / "methods.txt").read_text(encoding="utf-8")
    assert f"release: Enrichr, fetched {day} (SHA-256 {digest}…)" in told
    pinned.write_text(pinned.read_text() + "X\tx\tBRCA1\n")
    with refused(fix="delete the file"):
        fetch(annotating)


def test_no_network_and_a_name_that_enrichr_lacks_are_told(annotating, monkeypatch):
    monkeypatch.setattr(gseapy, "get_library", no_network)
    monkeypatch.setattr(gseapy, "get_library_name", no_network)
    with refused(field="libraries", fix="give its GMT file"):
        fetch(annotating)
    monkeypatch.setattr(gseapy, "get_library_name", lambda organism: ["MSigDB_Hallmark_2020", "KEGG_2021_Human"])
    with refused(fix="did you mean 'KEGG_2021_Human'?"):
        fetch(annotating, "KEGG_2012_Human")
