"""Time and memory of native files → facts → statements, at the size of a genome and at ten times that.

snakemake results/facts/full/facts.parquet        # fetches the native files
python benchmarks/corpus.py

Ten times the facts come from reading every source ten times under ten names; ten times the statements from the facts
of ten genomes, whose genes have names of their own and share their objects. Times are those of the whole programs, from
start to exit, so run it on a quiet machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.errors import InputError, run_program
from reasonome.experiments import Results
from reasonome.project import Project, lookup

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
SECONDS, GIGABYTES, RATIO = 60, 2, 12  # at most: of one genome in all; of a stage; of ten times the input


class Measured(NamedTuple):
    """One run of one program: wall time, time on the processors, and the most memory that it held at once."""

    stage: str
    copies: int
    seconds: float
    cpu_seconds: float
    gigabytes: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", type=Path, default=Path("config"))
    arguments.add_argument("--corpus", default="full")
    arguments.add_argument("--results", type=Path, help="folder with the fetched sources; config.yaml's if not given")
    arguments.add_argument("--tokenizer", type=Path, help="model folder: count tokens too")
    arguments.add_argument("--times", type=int, default=10, help="how many copies the large input has")
    given = arguments.parse_args()

    project = Project(given.config)
    sources = native_files(project, given.corpus, Results(given.results or project.settings.results))
    settings = ["--config", given.config, "--corpus", given.corpus]
    if given.tokenizer:
        settings += ["--tokenizer", given.tokenizer]
    corpus = project.corpora[given.corpus]
    limits = ["--taxon", corpus.taxon, "--unmapped", corpus.unmapped]
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory() as temporary:
        for copies in (1, given.times):
            folder = Path(temporary) / str(copies)
            authority = copy_name(project.authority(given.corpus), 0)
            words = [*repeated(sources, copies), "--authority", authority, *limits, "--output", folder]
            rows.append(measure("facts", copies, "build_facts.py", words))
            if copies > 1:
                write_genomes(Path(temporary) / "1/facts.parquet", copies, folder / "facts.parquet")
            words = [*settings, "--facts", folder / "facts.parquet", "--output", folder / "statements"]
            rows.append(measure("statements", copies, "write_statements.py", words))
        counted = pd.read_csv(
            Path(temporary) / "1/statements/statistics.tsv", sep="\t", dtype=str, keep_default_na=False
        )
    print(f"\n{counted.to_string(index=False)}\n")
    print(report(rows))


def native_files(project: Project, corpus: str, results: Results) -> list[tuple[str, str, list[str]]]:
    """(name, format, "key=path" of each file) of every source; InputError for a file that is not there."""
    found = []
    for name in lookup(project.corpora, corpus, "corpus").sources:
        source = project.sources[name]
        files = {key: results.source_file(name, key, spec) for key, spec in source.files.items()}
        for file in files.values():
            if not file.is_file():
                raise InputError("file is missing", file=file, fix=f"snakemake {results.facts(corpus)}")
        found.append((name, source.format, [f"{key}={file}" for key, file in files.items()]))
    return found


def copy_name(source: str, copy: int) -> str:
    """A source's name in its further copies."""
    return f"{source}.{copy}" if copy else source


def repeated(sources: list[tuple[str, str, list[str]]], copies: int) -> list[str]:
    """Arguments of build_facts.py that read every source so many times, each time under another name."""
    return [
        word
        for copy in range(copies)
        for name, form, files in sources
        for word in ("--source", copy_name(name, copy), form, *files)
    ]


def write_genomes(facts: Path, copies: int, output: Path) -> None:
    """The facts of so many genomes, in the order of a table of facts."""
    one = pd.read_parquet(facts)
    genomes = [one.assign(gene=[copy_name(gene, copy) for gene in one["gene"]]) for copy in range(copies)]
    pd.concat(genomes).sort_values(list(one.columns)).to_parquet(output, index=False)


def measure(stage: str, copies: int, program: str, words: list) -> Measured:
    """Run a program to its end; InputError where it fails."""
    print(f"{stage} × {copies}", flush=True)
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, SCRIPTS / program, *map(str, words)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise InputError(f"{program} failed", field=stage)
    return Measured(stage, copies, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def report(rows: list[Measured]) -> str:
    """The measurements, and how they stand to what the project promises."""
    table = pd.DataFrame(rows)
    small, large = (table[table["copies"] == copies] for copies in (1, table["copies"].max()))
    lines = [table.to_string(index=False, float_format="{:.2f}".format), ""]
    seconds, memory = small["seconds"].sum(), small["gigabytes"].max()
    lines.append(f"one genome: {seconds:.1f} s (at most {SECONDS}), {memory:.2f} GB (less than {GIGABYTES})")
    copies = large["copies"].iloc[0]
    for stage in [*small["stage"], None]:
        one, many = (
            t["seconds"].sum() if stage is None else t.set_index("stage")["seconds"][stage] for t in (small, large)
        )
        allowed = RATIO * copies / 10
        lines.append(
            f"{copies} times the input, {stage or 'both'}: {many / one:.1f} times the time (at most {allowed:g})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    run_program(main)
