"""Rare-disease ranking: given what a patient has and has not, rank genes by how likely each causes the disease."""

from reasonome.config import RankingStyle
from reasonome.prompts import CountTokens, count_fitting, one_line
from reasonome.tasks.ranking import CaseExample
from reasonome.tasks.ranking_task import RankingTask, phenotypes_text


class RareDiseaseRanking(RankingTask):
    """The task object of rare-disease ranking."""

    name = "rare_disease_ranking"
    Example = CaseExample

    def question(
        self, example: CaseExample, style: RankingStyle, count_tokens: CountTokens
    ) -> tuple[dict[str, str], int]:
        """Age, sex and the phenotypes that fit the budget, present ones first; at least one is shown."""
        phenotypes = [*example.present, *example.absent]
        texts = [style.phenotypes.format(label=one_line(one.label), id=one.id) for one in phenotypes]
        # What the text does not ask for needs no room.
        texts = texts if "{absent}" in style.user else texts[: len(example.present)]
        costs = count_tokens([text + style.separator for text in texts])
        kept = max(1, count_fitting(costs, style.phenotype_tokens))
        present = texts[: min(kept, len(example.present))]
        parts = {
            "{present}": phenotypes_text(present, style),
            "{absent}": phenotypes_text(texts[len(example.present) : kept], style, cut=bool(example.absent)),
            "{age}": one_line(example.age) or "unknown",
            "{sex}": one_line(example.sex) or "unknown",
        }
        return parts, len(texts) - kept

    def plain_reasoning(self, example: CaseExample, right: str) -> str:
        """One sentence that links the gene to the findings."""
        return f"A fault in {right} explains {one_line(example.present[0].label)} and the other findings best."
