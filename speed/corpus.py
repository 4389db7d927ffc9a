"""What a corpus of the whole genome holds, and time and memory of native files → facts → statements, once and tenfold.

snakemake results/facts/full/facts.parquet        # fetches the native files
python speed/corpus.py                       # --no-times: only what the corpus holds

Every count and measurement is printed with its bound; exit status 1 if one is broken.

Ten times the facts come from reading every source ten times under ten names; ten times the statements from the facts
of ten genomes, whose genes have names of their own and share their objects. Times are those of the whole programs, from
start to exit, so run it on a quiet machine.
"""

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import yaml

from reasonome.config.project import Project, chains
from reasonome.config.project.results import Results
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.tasks import load_project

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
SECONDS, GIGABYTES, RATIO = 60, 2, 12  # at most: of one genome in all; of a stage; of ten times the input
FACTS, GENES, STATEMENTS = 450_000, 15_000, 250_000  # at least, each counted once
REPEATED = "repeated"  # what the measured corpus is called


class Measured(NamedTuple):
    """One run of one program: wall time, time on the processors, and the most memory that it held at once."""

    stage: str
    copies: int
    seconds: float
    cpu_seconds: float
    gigabytes: float


class Bound(NamedTuple):
    """A number and the range that it must lie in; `least` and `most` belong to it."""

    what: str
    found: float
    least: float = 0
    most: float = math.inf

    @property
    def kept(self) -> bool:
        return self.least <= self.found <= self.most

    def __str__(self) -> str:
        limits = [f"at least {self.least:,.10g}"] * (self.least > 0) + [f"at most {self.most:,.10g}"] * (
            self.most < math.inf
        )
        found = f"{self.found:,.2f}" if isinstance(self.found, float) else f"{self.found:,}"
        return f"{'ok' if self.kept else 'BROKEN':<6}  {self.what}: {found} ({', '.join(limits)})"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", type=Path, default=Path("config"))
    arguments.add_argument("--corpus", default="full")
    arguments.add_argument("--results", type=Path, help="folder with the fetched sources; config.yaml's if not given")
    arguments.add_argument("--tokenizer", type=Path, help="model folder: count tokens too")
    arguments.add_argument("--times", type=int, default=10, help="how many copies the large input has")
    arguments.add_argument("--no-times", action="store_true", help="check only what the corpus holds")
    given = arguments.parse_args()

    project = load_project(given.config)
    results = Results(given.results or project.settings.results)
    lookup(project.corpora, given.corpus, "corpus")
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory() as temporary:
        made, one = Results("results"), Results(Path(temporary) / "1/results")
        for copies in (1,) if given.no_times else (1, given.times):
            folder = Path(temporary) / str(copies)
            lay_out(folder, project, given.corpus, results, copies, given.tokenizer)
            for stage, program, output in (
                ("facts", "build_facts.py", made.facts(REPEATED).parent),
                ("statements", "write_statements.py", made.statements(REPEATED)),
            ):
                words = ["--corpus", REPEATED, "--output", output]
                rows.append(measure(stage, copies, program, words, folder))
                if stage == "facts" and copies > 1:
                    write_genomes(one.facts(REPEATED), copies, folder / made.facts(REPEATED))
        statistics = one.statements(REPEATED) / "statistics.tsv"
        counted = pd.read_csv(statistics, sep="\t", dtype=str, keep_default_na=False)
        facts = pd.read_parquet(one.facts(REPEATED))
    bounds = content(facts, counted)
    print(f"\n{counted.to_string(index=False)}\n")
    if not given.no_times:
        print(f"{pd.DataFrame(rows).to_string(index=False, float_format='{:.2f}'.format)}\n")
        bounds += costs(rows)
    print(*bounds, sep="\n")
    return int(not all(bound.kept for bound in bounds))


def copy_name(source: str, copy: int) -> str:
    """A source's name in its further copies."""
    return f"{source}.{copy}" if copy else source


def lay_out(folder: Path, project: Project, corpus: str, results: Results, copies: int, tokenizer: Path | None) -> None:
    """Make a project with a corpus that reads every source of `corpus` so many times, each time under another name.

    InputError for a native file that is not there.
    """
    shutil.copytree(project.root, folder / "config")
    settings, sources, corpora = (
        yaml.safe_load((project.root / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("config", "sources", "corpora")
    )
    settings["results"] = "results"
    spec = corpora[REPEATED] = {**corpora[corpus], "authority": project.authority(corpus), "tokenizer": None}
    (folder / "results/sources").mkdir(parents=True)
    for name in project.corpora[corpus].sources:
        for key, file in project.sources[name].files.items():
            if not (path := results.source_file(name, key, file)).is_file():
                raise InputError("file is missing", file=path, fix=f"snakemake {results.facts(corpus)}")
        for copy in range(copies):
            sources[copy_name(name, copy)] = sources[name]
            (folder / "results/sources" / copy_name(name, copy)).symlink_to((results.root / "sources" / name).resolve())
    spec["sources"] = [copy_name(name, copy) for copy in range(copies) for name in spec["sources"]]
    (folder / "results/benchmarks").symlink_to((results.root / "benchmarks").resolve())
    (folder / "resources").symlink_to(Path("resources").resolve())
    if tokenizer:
        spec["tokenizer"] = next(name for name, one in project.backbones.items() if one.kind == "weights")
        base = Results(folder / "results").model(spec["tokenizer"], chains.BASE)
        base.mkdir(parents=True)
        (base / "model").symlink_to(tokenizer.resolve())
    for name, values in (("config", settings), ("sources", sources), ("corpora", corpora)):
        (folder / f"config/{name}.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def write_genomes(facts: Path, copies: int, output: Path) -> None:
    """The facts of so many genomes, in the order of a table of facts."""
    one = pd.read_parquet(facts)
    genomes = [one.assign(gene=[copy_name(gene, copy) for gene in one["gene"]]) for copy in range(copies)]
    pd.concat(genomes).sort_values(list(one.columns)).to_parquet(output, index=False)


def measure(stage: str, copies: int, program: str, words: list, folder: Path) -> Measured:
    """Run a program to its end in a project's folder; InputError where it fails."""
    print(f"{stage} × {copies}", flush=True)
    started = time.perf_counter()
    command = [sys.executable, SCRIPTS / program, *map(str, words)]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise InputError(f"{program} failed", field=stage)
    return Measured(stage, copies, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def content(facts: pd.DataFrame, statistics: pd.DataFrame) -> list[Bound]:
    """Facts, genes and statements of one genome, each once; `statistics` are those of its statements."""
    total = statistics.set_index("source").loc["total"]
    return [
        Bound("distinct facts", len(facts.drop_duplicates(["gene", "relation", "object_id"])), FACTS),
        Bound("genes", facts["gene"].nunique(), GENES),
        Bound("distinct statements", int(total["distinct"]), STATEMENTS),
    ]


def costs(rows: list[Measured]) -> list[Bound]:
    """Time and memory of one genome, and how the time grows with the input."""
    table = pd.DataFrame(rows)
    small, large = (table[table["copies"] == copies] for copies in (1, table["copies"].max()))
    bounds = [
        Bound("seconds of one genome", float(small["seconds"].sum()), most=SECONDS),
        Bound("gigabytes of one genome", float(small["gigabytes"].max()), most=GIGABYTES),
    ]
    copies = int(large["copies"].iloc[0])
    for stage in [*small["stage"], None]:
        one, many = (
            t["seconds"].sum() if stage is None else t.set_index("stage")["seconds"][stage] for t in (small, large)
        )
        what = f"{copies} times the input, {stage or 'both'}: times the time"
        bounds.append(Bound(what, float(many / one), most=RATIO * copies / 10))
    return bounds


if __name__ == "__main__":
    run_program(main)
