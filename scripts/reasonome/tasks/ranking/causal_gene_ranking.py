"""Causal-gene ranking: given a trait and the genes at a GWAS locus, rank them by how likely each is the causal one."""

from reasonome.facts.text import one_line
from reasonome.tasks.ranking.questions import LocusExample
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.tasks.ranking.task import RankingTask


class CausalGeneRanking(RankingTask):
    """The task object of causal-gene ranking."""

    name = "causal_gene_ranking"
    Example = LocusExample
    user_texts = (("genes", "trait"), ())

    def question(self, example: LocusExample, style: RankingStyle) -> tuple[dict[str, str], int]:
        """The trait, on one line."""
        return {"{trait}": one_line(example.trait)}, 0

    def terms(self, example: LocusExample) -> list[tuple[str, str]]:
        """The trait, which has no id."""
        return [(example.trait, example.trait)]

    def plain_reasoning(self, example: LocusExample, right: str) -> str:
        """One sentence that links the gene to the trait."""
        return f"Of these genes {right} fits {one_line(example.trait)} best."
