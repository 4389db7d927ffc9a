"""Rare-disease ranking: given what a patient has and has not, rank genes by how likely each causes the disease."""

from reasonome.core.token_count import count_tokens
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import count_fitting
from reasonome.tasks.ranking.questions import CaseExample
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.tasks.ranking.task import RankingTask, phenotypes_text


class RareDiseaseRanking(RankingTask):
    """The task object of rare-disease ranking."""

    name = "rare_disease_ranking"
    Example = CaseExample
    user_texts = (("genes", "present"), ("absent", "age", "sex"))

    def with_choice(self, example: CaseExample, style: RankingStyle) -> CaseExample:
        """The question with the candidates that its prompt shows, and how many phenotypes; at least one of each."""
        example = super().with_choice(example, style)
        if example.phenotypes_shown is not None:
            return example
        costs = count_tokens([text + style.separator for text in _phenotype_texts(example, style)])
        return example.model_copy(update={"phenotypes_shown": max(1, count_fitting(costs, style.phenotype_tokens))})

    def question(self, example: CaseExample, style: RankingStyle) -> tuple[dict[str, str], int]:
        """Age, sex and the phenotypes that were chosen, present ones first."""
        texts, kept = _phenotype_texts(example, style), example.phenotypes_shown
        present = texts[: min(kept, len(example.present))]
        parts = {
            "{present}": phenotypes_text(present, style),
            "{absent}": phenotypes_text(texts[len(example.present) : kept], style, cut=bool(example.absent)),
            "{age}": one_line(example.age) or "unknown",
            "{sex}": one_line(example.sex) or "unknown",
        }
        return parts, len(texts) - kept

    def terms(self, example: CaseExample) -> list[tuple[str, str]]:
        """The disease, if the case states one."""
        stated = example.disease_id or example.disease
        return [(example.disease_id or stated, example.disease or stated)] if stated else []

    def plain_reasoning(self, example: CaseExample, right: str) -> str:
        """One sentence that links the gene to the findings."""
        return f"A fault in {right} explains {one_line(example.present[0].label)} and the other findings best."


def _phenotype_texts(example: CaseExample, style: RankingStyle) -> list[str]:
    """The phenotypes as the style writes them, present ones first; what the text does not ask for needs no room."""
    phenotypes = [*example.present, *(example.absent if "{absent}" in style.user else ())]
    return [style.phenotypes.format(label=one_line(one.label), id=one.id) for one in phenotypes]
