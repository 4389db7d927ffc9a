"""Variants of sets: contaminated ones, whose genes are replaced in part, and those of which less is withheld.

Genes are replaced by random ones that are annotated as deeply; the set keeps its name.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.config import variant_suffix
from reasonome.core.errors import InputError
from reasonome.facts.sources.go import Ontology, facts_of, propagate
from reasonome.facts.text import normalise
from reasonome.tasks.naming.settings import WithheldTerms


@dataclass(frozen=True)
class VariantSet:
    """A variant of a set: `share` of its genes are `outliers`; `term` is the id of the original set.

    `withheld` says which enriched terms questions about it do not show (settings.WithheldTerms).
    """

    gene_set: GeneSet
    term: str
    share: float = 0.0
    outliers: tuple[str, ...] = ()
    withheld: str = "nothing"


def less_withheld(test: Sequence[GeneSet], kinds: Sequence[str]) -> list[VariantSet]:
    """Every test set once more for each kind, of subsets named like bp-own, with ids like GO:0006281-own."""
    return [
        VariantSet(replace(s, id=f"{s.id}-{kind}", subset=f"{s.subset}-{kind}"), s.id, withheld=kind)
        for kind in kinds
        for s in test
    ]


def training_variants(
    train: Sequence[GeneSet],
    spec: WithheldTerms,
    facts: pd.DataFrame,
    depth: Mapping[str, int],
    seed: int,
    ontologies: Collection[Ontology] = (),
) -> dict[tuple[str, str], VariantSet]:
    """The training sets of which nothing is withheld, drawn at random, by (subset, id): every other one contaminated.

    They stay in their subset. InputError as of `contaminated`.
    """
    drawn = random.Random(seed).sample(range(len(train)), round(spec.training_nothing * len(train)))
    whole = drawn[::2] if spec.training_contaminated else drawn
    variants = {(s.subset, s.id): VariantSet(s, s.id) for s in (train[i] for i in whole)}
    if not spec.training_contaminated:
        return variants
    replaced = [train[i] for i in drawn[1::2]]
    noisy = contaminated(replaced, [spec.training_contaminated], facts, depth, seed, ontologies)
    return variants | {
        (s.subset, s.id): replace(variant, gene_set=replace(variant.gene_set, subset=s.subset))
        for s, variant in zip(replaced, noisy, strict=True)
    }


def contaminated(
    test: Sequence[GeneSet],
    shares: Sequence[float],
    facts: pd.DataFrame,
    depth: Mapping[str, int],
    seed: int,
    ontologies: Collection[Ontology] = (),
) -> list[VariantSet]:
    """A variant of every test set for every share, of subsets named like bp-50, with ids like GO:0006281-50.

    The share is rounded down to whole genes, at least one. A gene is replaced by a random gene (seeded) of the same
    bin of annotation depth, or of the nearest bin that has one; bins are powers of two: 0, 1, 2–3, 4–7, …
    No outlier is annotated to the term: neither in the set nor in a fact about its id, one of its names, or a term
    below it in one of `ontologies`, whose genes a set that is cut or published may lack.
    InputError if there are too few genes to draw from.
    """
    bins: dict[int, list[str]] = defaultdict(list)
    for gene in sorted(facts["gene"].unique()):
        bins[depth.get(gene, 0).bit_length()].append(gene)
    annotated = _annotated(test, facts, ontologies) if shares else {}
    variants = []
    for share in shares:
        for gene_set in test:
            rng = random.Random(f"{seed}:{gene_set.subset}:{gene_set.id}:{share}")
            genes = sorted(gene_set.symbols)
            replaced = rng.sample(genes, max(1, int(len(genes) * share + 1e-9)))
            taken = gene_set.symbols | annotated[gene_set.id]
            free = {near: [gene for gene in genes if gene not in taken] for near, genes in bins.items()}
            drawn = [_drawn(free, depth.get(gene, 0).bit_length(), rng) for gene in replaced]
            outliers = [gene for gene in drawn if gene is not None]
            if len(outliers) < len(replaced):
                raise InputError(
                    f"no gene of the corpus is left to replace those of {gene_set.id} ({len(genes)} genes)",
                    field="contaminated",
                    fix="use a larger corpus, or lower maximum_genes",
                )
            symbols = gene_set.symbols - set(replaced) | set(outliers)
            suffix = variant_suffix(share)
            names = {"id": gene_set.id + suffix, "subset": gene_set.subset + suffix}
            variant = replace(gene_set, **names, symbols=frozenset(symbols))
            variants.append(VariantSet(variant, gene_set.id, share, tuple(sorted(outliers))))
    return variants


def _annotated(test: Sequence[GeneSet], facts: pd.DataFrame, ontologies: Collection[Ontology]) -> dict[str, set[str]]:
    """Test set id → the genes of facts about that id or the main one, about one of its names in any source, or about a
    term below it."""
    wanted = {name for gene_set in test for name in gene_set.names}
    plain = {name: normalise(name) for name in facts["object_name"].unique()}
    by_name = facts["object_name"].map({name: same for name, same in plain.items() if same in wanted})
    genes_of_name = facts["gene"].groupby(by_name).agg(set)
    of_terms = facts["object_id"].isin({i for gene_set in test for i in (gene_set.id, gene_set.term_id)})
    genes_of_id = facts[of_terms].groupby("object_id")["gene"].agg(set)
    propagated = [propagate(ontology, facts_of(ontology, facts)) for ontology in ontologies]
    return {
        gene_set.id: set().union(
            *(genes_of_id.get(i, set()) for i in (gene_set.id, gene_set.term_id)),
            *(genes_of_name.get(name, set()) for name in gene_set.names),
            *(genes.get(gene_set.term_id, frozenset()) for genes in propagated),
        )
        for gene_set in test
    }


def _drawn(free: Mapping[int, list[str]], wanted: int, rng: random.Random) -> str | None:
    """A gene of bin `wanted`, else of the nearest bin that has any, the shallower of two; it is removed from it."""
    filled = [near for near, genes in free.items() if genes]
    if not filled:
        return None
    genes = free[min(filled, key=lambda near: (abs(near - wanted), near))]
    return genes.pop(rng.randrange(len(genes)))
