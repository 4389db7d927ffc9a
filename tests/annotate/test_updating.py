"""Today's knowledge from a server of this machine: fetched, pinned with address, day and digest, and used."""

import gzip
import shutil
import threading
import zipfile
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import tiny_project
import toy_hgnc
import yaml
from annotation_project import GENES, PROCESSES, RENAMED, ROOT, ROOT_TERM
from refusals import refused

from reasonome import cli
from reasonome.apps.annotate import making
from reasonome.apps.annotate.project_files import completed
from reasonome.config.annotations import Annotation
from reasonome.core.manifest import text_sha256
from reasonome.facts.fetching import download
from reasonome.tasks import load_project

REACTOME = "Homologous recombination\tR-HSA-1\tBRCA1\tBRCA2\tRAD51\n"
NEW = "wikipathways-20261110-gmt-Homo_sapiens.gmt"


def wikipathways(day: str) -> str:
    return f"Translation factors%WikiPathways_{day}%WP107%Homo sapiens\thttps://example.org\t9\t10\t11\n"


def obo() -> str:
    terms = "".join(f"\n[Term]\nid: {i}\nname: {name}\nis_a: {ROOT_TERM}\n" for i, (name, _) in PROCESSES.items())
    head = "format-version: 1.2\ndata-version: releases/2026-11-01\ndefault-namespace: biological_process\n"
    return f"{head}\n[Term]\nid: {ROOT_TERM}\nname: biological_process\n{terms}"


def gaf() -> str:
    rows = [
        ["UniProtKB", "P1", gene, "involved_in", term, "PMID:1", "IDA", "", "P", "", "", "protein", "taxon:9606"]
        + ["20260101", "UniProt", "", ""]
        for term, (_, genes) in PROCESSES.items()
        for gene in genes
    ]
    return "!gaf-version: 2.2\n!date-generated: 2026-11-02\n" + "".join("\t".join(row) + "\n" for row in rows)


@pytest.fixture
def served(tmp_path, monkeypatch) -> Path:
    """The folder that the server serves; the project, which is the working folder, fetches from there."""
    folder = tmp_path / "served"
    (folder / "gmt").mkdir(parents=True)
    (folder / "hgnc_complete_set.txt").write_text(toy_hgnc.table(GENES, previous=RENAMED))
    (folder / "go-basic.obo").write_text(obo())
    (folder / "goa_human.gaf.gz").write_bytes(gzip.compress(gaf().encode()))
    with zipfile.ZipFile(folder / "ReactomePathways.gmt.zip", "w") as archive:
        archive.writestr("ReactomePathways.gmt", REACTOME)
    for day in ("20261010", "20261110"):
        (folder / f"gmt/wikipathways-{day}-gmt-Homo_sapiens.gmt").write_text(wikipathways(day))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "WAITS", ())
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    shutil.copytree(ROOT / "config", tmp_path / "project/config")
    (tmp_path / "project/resources").symlink_to(ROOT / "resources")
    monkeypatch.chdir(tmp_path / "project")
    tiny_project.edit(Path(), "sources.yaml", partial(_from_here, address=f"http://127.0.0.1:{server.server_port}"))
    tiny_project.edit(Path(), "benchmarks.yaml", lambda config: config["current"].update(encoders=[]))
    yield folder
    server.shutdown()
    server.server_close()


def _from_here(config: dict, address: str) -> None:
    for name in ("hgnc", "go", "reactome", "wikipathways"):
        files = config[f"{name}-current"]["files"]
        config[f"{name}-current"]["files"] = {
            key: file | {"url": f"{address}{'/gmt' if '*' in file['url'] else ''}/{file['url'].rpartition('/')[2]}"}
            for key, file in files.items()
        }


@pytest.fixture
def made(monkeypatch) -> list[Path]:
    """What would be made, in the place of Snakemake's run."""
    paths: list[Path] = []
    monkeypatch.setattr(making, "make", lambda project, needed: paths.extend(needed))
    return paths


def settings(**given) -> tuple[str, list[str]]:
    full = completed(load_project("config"), Annotation(sets=["mine.gmt"], **given))
    return full.benchmark, full.libraries


OLD = ("demo-go", ["reactome-2022", "wikipathways-20220610"])
TODAYS = ("current", ["reactome-current", "wikipathways-current"])


@pytest.mark.slow
def test_todays_files_are_pinned_with_address_day_and_digest_and_are_used_from_then_on(served, made, capsys):
    assert settings() == OLD
    assert cli.main(["update"]) == 0
    lock = yaml.safe_load(Path("config/sources.lock.yaml").read_text())
    pinned = lock["wikipathways-current"]["files"]["gmt"]
    assert pinned["url"].endswith(f"/gmt/{NEW}")  # the last release that the folder's page names
    assert (pinned["sha256"], pinned["fetched"]) == (text_sha256(wikipathways("20261110")), str(date.today()))
    assert lock["reactome-current"]["files"]["gmt"]["sha256"] == text_sha256(REACTOME)
    assert lock["go-current"]["files"]["gaf"]["stated"] == "2026-11-02"
    assert Path("results/sources/wikipathways-current/gmt/wikipathways-Homo_sapiens.gmt").is_file()
    assert made == [Path("results/facts/current/facts.parquet"), Path("results/backgrounds/current.parquet")]
    told = capsys.readouterr().out
    assert "hgnc-current/table: pinned:" in told and "reasonome annotate uses these from now on" in told
    assert settings() == TODAYS
    assert settings(libraries=["own.gmt"]) == (TODAYS[0], [*TODAYS[1], "own.gmt"])
    assert settings(benchmark="demo-go") == OLD
    Path("results/sources/hgnc-current/table/hgnc_complete_set.txt").unlink()
    assert settings() == OLD  # not all of it is here


def test_a_server_that_lacks_a_file_leaves_annotate_as_it_was(served, made):
    (served / f"gmt/{NEW}").unlink()
    (served / "gmt/wikipathways-20261010-gmt-Homo_sapiens.gmt").unlink()
    with refused(fix="open it in a browser"):
        cli.main(["update"])
    assert "wikipathways-current" not in yaml.safe_load(Path("config/sources.lock.yaml").read_text())
    assert made == [] and settings() == OLD
