"""Questions of rankings, and rankings worked out by hand, for the tests of rewards and of metrics."""

from reasonome.tasks import TASKS
from reasonome.tasks.ranking.questions import CaseExample, LocusExample, Phenotype, RankedGene
from reasonome.tasks.ranking.ranked_list import RankedAnswer, render_ranking

TASK = TASKS["causal_gene_ranking"]


def question(candidates="ABCDEF", right="C", **fields):
    """A locus whose genes are single letters, or any texts; gene C is also called NARC and C1."""
    genes = {
        symbol: RankedGene(symbol=symbol, aliases=("NARC", "C1") if symbol == "C" else ()) for symbol in candidates
    }
    causal = [genes.get(symbol, RankedGene(symbol=symbol)) for symbol in right]
    given = {"id": "q", "subset": "s", "trait": "LDL", "candidates": list(genes.values()), "causal": causal}
    return LocusExample(**{**given, **fields})


def locus(name, candidates, causal, /, **fields) -> LocusExample:
    """A locus; its genes are between spaces."""
    genes = {symbol: RankedGene(symbol=symbol) for symbol in candidates.split()}
    right = [genes.get(symbol, RankedGene(symbol=symbol)) for symbol in causal.split()]
    given = {"id": name, "subset": "loci", "trait": "asthma", "candidates": list(genes.values()), "causal": right}
    return LocusExample(**given | fields)


def case(name, causal, /, **fields) -> CaseExample:
    """A patient with one phenotype; any gene may be right, unless candidates are given."""
    right = [RankedGene(symbol=symbol) for symbol in causal.split()]
    present = [Phenotype(id="HP:0001166", label="Arachnodactyly")]
    return CaseExample(**{"id": name, "subset": "cases", "causal": right, "present": present} | fields)


def answer(genes, reasoning="Because.") -> RankedAnswer:
    """The parsed answer that lists these genes."""
    return TASK.parse(render_ranking(list(genes), reasoning))


ONE, TWO = question(), question(right="BE")
# Six candidates A to F; C is right in ONE, B and E are in TWO; X, Y and Z are no candidates. The ranked genes as they
# are written.
RANKINGS = {
    "right first": (ONE, "CABDEF"),
    "right second": (ONE, "ACBDEF"),
    "right last of three": (ONE, "ABC"),
    "right last": (ONE, "ABDEFC"),
    "right alone": (ONE, "C"),
    "wrong alone": (ONE, "A"),
    "two wrong": (ONE, "AB"),
    "behind a stranger": (ONE, "XC"),
    "strangers alone": (ONE, "XYZ"),
    "behind six strangers": (ONE, [*(f"X{i}" for i in range(6)), "C", "A"]),
    "two right, first and third": (TWO, "BAE"),
    "two right, second and third": (TWO, "AEBCDF"),
    "alias, other case and repeats": (ONE, ["narc", "a", "C", "A", "C1"]),
}
