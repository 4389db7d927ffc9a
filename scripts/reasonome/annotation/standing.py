"""How far the enriched terms bear a model's name out: a name is shown as a suggestion, in grey, or not at all."""

from collections.abc import Sequence

from reasonome.annotation.agreement import TermAgreement
from reasonome.annotation.enrichment import leading_terms
from reasonome.annotation.record import AnnotationRecord
from reasonome.enrichment.term import EnrichedTerm

STANDINGS = SUPPORTED, WEAK, WITHHELD = "supported", "weak", "withheld"


def standing(
    record: AnnotationRecord,
    supporting: Sequence[str],
    agreement: TermAgreement | None,
    terms: Sequence[EnrichedTerm],
    own_name: str,
    of_whole_list: bool = False,
) -> tuple[str, str]:
    """The standing of a record's name, and why in words; ("", "") without a name.

    `supporting` are the genes with evidence for the name, `agreement` is with the significant `terms` of the list, and
    None where no term that says something agrees; `own_name` says that the name is a gene's own. A name is withheld
    where more than half of the genes were not shown to the model, unless its question is `of_whole_list`, as enriched
    terms are; and where nothing supports it. It is supported only if it says the same as the best term of a library, or
    one folded below that, and this is not one of many; else weak.
    """
    if not record.name:
        return "", ""
    shown, total = sum(gene.shown for gene in record.genes), len(record.genes)
    if 2 * shown < total and not of_whole_list:
        return WITHHELD, f"the model saw only {shown:,} of {total:,} genes"
    if not supporting:
        return WITHHELD, "no enriched term says the same, and no known fact about these genes supports it"
    if own_name:
        return WEAK, own_name
    if record.agreement == 0:
        return WEAK, "no two answers of the model agree on a name"
    if agreement is None or not agreement.same:
        return WEAK, "no enriched term says the same: it rests on what is known of single genes"
    if (agreement.term.library, agreement.term.id) not in _best(terms):
        return (
            WEAK,
            f"it says the same as '{agreement.term.name}', which is not the best enriched term, or one of many alike",
        )
    return SUPPORTED, f"it says the same as the enriched term '{agreement.term.name}'"


def _best(terms: Sequence[EnrichedTerm]) -> set[tuple[str, str]]:
    """The best term of each library that is not one of many, and the terms folded below it."""
    first: dict[str, EnrichedTerm] = {}
    for term in leading_terms(terms):
        if not term.is_one_of_many:
            first.setdefault(term.library, term)
    return {(term.library, one.id) for term in first.values() for one in (term, *term.folded)}
