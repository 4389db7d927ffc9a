"""Genes that the prompts of every experiment show, and sets that they cut, in collections that are shipped.

python speed/shown_genes.py --folder /tmp/shown-genes

What an experiment fetches is replaced by what lies in resources/: GO, Reactome, HGNC's genes and slices of GWAS loci
and rare diseases. The Human Phenotype Ontology comes from PyPI. Everything is built in the folder, where a run that was
stopped goes on.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from reasonome.core.errors import run_program
from reasonome.prompts import counts as prompt_counts
from reasonome.tasks import load_project

ROOT = Path(__file__).resolve().parent.parent
# Source → the shipped one whose files stand in for it.
SHIPPED = {
    "hgnc": "hgnc-demo",
    "go": "go-2022",
    "reactome": "reactome-demo",
    "gold-standards": "gold-standards-demo",
    "gene-locations": "gene-locations-demo",
    "phenopacket-store": "cases-demo",
}
CORPORA = {"human": ["hgnc", "go", "reactome"], "full": ["hgnc", "go", "reactome-2022", "wikipathways-20220610"]}
# Of slices fewer questions are held out.
SLICES = ("gwas-loci", "rare-cases", "rare-cases-transfer")
HELD_OUT = {"test": 60, "valid": 30}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="what is built goes here; a new one")
    folder = parser.parse_args().folder
    if not (folder / "config").is_dir():
        shutil.copytree(ROOT / "config", folder / "config")
        (folder / "resources").symlink_to(ROOT / "resources")
        for file, change in (("sources", use_shipped), ("corpora", use_fewer), ("benchmarks", hold_out_fewer)):
            path = folder / "config" / f"{file}.yaml"
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            change(content)
            path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    os.chdir(folder)
    project = load_project(Path("config"))
    files = {str(path) for name in project.experiments for path in prompt_counts.prompt_files(project, name)}
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    with open("snakemake.log", "w", encoding="utf-8") as log:
        subprocess.run([*snakemake, "--", *sorted(files)], check=True, stdout=log, stderr=log)
    print(prompt_counts.markdown(prompt_counts.table(project, project.experiments)))


def use_shipped(sources: dict) -> None:
    for name, stand_in in SHIPPED.items():
        sources[name] = sources[stand_in]


def use_fewer(corpora: dict) -> None:
    for name, used in CORPORA.items():
        corpora[name].update(sources=used, authority="hgnc")


def hold_out_fewer(benchmarks: dict) -> None:
    for name in SLICES:
        for subset in benchmarks[name]["subsets"].values():
            subset.update(HELD_OUT)


if __name__ == "__main__":
    run_program(main)
