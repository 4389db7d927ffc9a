"""Claims of reasoning checked against facts.

snakemake --cores 2 results/reasoning/knowledge-given/demo-go.demo-names.jsonl
python speed/facts.py

Claims are those of the demo teacher's reasoning; the facts that decide them are the demo's.

theirs: every known gene and name is looked for in every step by a regular expression.
plain:  every known name is looked for as a part of the step in normal form.
ours:   `tasks/naming/claims.py`.

Building indexes of the facts counts in no time of reading claims. Ours takes the longest name where names overlap, so
the other ways find more claims: they must find all that ours finds true.
"""

import re
from collections.abc import Collection

from measuring import Check, Inputs, Speed, median_seconds, parser, report

from reasonome.core.atomic import read_jsonl
from reasonome.core.errors import run_program
from reasonome.facts.sources.source import read_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.tasks.naming.claims import TRUE, Knowledge

ROWS = 200  # of reasoning, two steps each
LEAST_CLAIMS = 20  # times as fast as theirs

Pairs = set[tuple[str, str]]  # of a gene and the name of what a fact says it has, in normal form


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--times", type=int, default=3, help="runs of each way, of which the median counts")
    given = arguments.parse_args()
    inputs = Inputs(given.config, given.results)
    speed, check = claims(inputs, given.times)
    return report([speed], [check], given.rows)


def claims(inputs: Inputs, times: int) -> tuple[Speed, Check]:
    """Steps read a second, and how many claims ours found true that another way did not find."""
    steps = [step for row in read_jsonl(inputs.reasoning())[:ROWS] for step in row["steps"]]
    facts = read_facts(inputs.there(inputs.results.facts("demo")))
    told = facts[~facts["relation"].isin(NAMING | FREE_TEXT)]
    true = set(zip(told["gene"], map(normalise, told["object_name"]), strict=True))
    knowledge, names = Knowledge(facts), set(told["object_name"])
    gene_patterns = {gene: whole(gene) for gene in knowledge.symbols}
    name_patterns = {name: whole(name, re.IGNORECASE) for name in names}
    normal_names = {normalise(name) for name in names}
    print(f"{len(steps)} steps; {len(gene_patterns):,} genes, {len(name_patterns):,} names")
    ways = {
        "theirs": lambda: [pattern_by_pattern(step, gene_patterns, name_patterns, true) for step in steps],
        "plain": lambda: [name_by_name(step, knowledge.symbols, normal_names, true) for step in steps],
        "ours": lambda: [found_true(knowledge, step) for step in steps],
    }
    seconds, found = median_seconds(ways, times)
    lacking = sum(
        len(ours - theirs) + len(ours - plain)
        for theirs, plain, ours in zip(found["theirs"], found["plain"], found["ours"], strict=True)
    )
    number = sum(map(len, found["ours"]))
    speed = Speed("claims of reasoning", "steps/s", *(len(steps) / seconds[way] for way in ways), LEAST_CLAIMS)
    return speed, Check(f"true claims of {number} that another way lacks", str(lacking), "0", number > 0 == lacking)


def whole(name: str, flags: int = 0) -> re.Pattern:
    """What finds a name that is no part of a longer word."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", flags)


def pattern_by_pattern(step: str, genes: dict[str, re.Pattern], names: dict[str, re.Pattern], true: Pairs) -> Pairs:
    """What holds of every gene and every name whose pattern is found."""
    there = [normalise(name) for name, pattern in names.items() if pattern.search(step)]
    return {(gene, name) for gene, pattern in genes.items() if pattern.search(step) for name in there} & true


def name_by_name(step: str, genes: frozenset[str], names: Collection[str], true: Pairs) -> Pairs:
    """What holds of the words that are genes and of every name that is a part of the step."""
    text = f" {normalise(step)} "
    there = [name for name in names if f" {name} " in text]
    return {(gene, name) for gene in genes.intersection(re.findall(r"[\w-]+", step)) for name in there} & true


def found_true(knowledge: Knowledge, step: str) -> Pairs:
    """What ours reads in a step and finds true."""
    return {(claim.gene, normalise(claim.term)) for claim in knowledge.read(step).claims if claim.verdict == TRUE}


if __name__ == "__main__":
    run_program(main)
