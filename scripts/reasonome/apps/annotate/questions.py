"""Gene lists → records: genes are resolved, the species is checked; lists that cannot be tested say why."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reasonome.apps.annotate.lists import FEWEST, GeneList, GeneLists, ListedGene
from reasonome.apps.annotate.record import AnnotatedGene, AnnotationRecord, UnmappedGene
from reasonome.apps.run import record_id
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.spellings import KINDS, spellings
from reasonome.facts.text import counted, some

# The species is wrong if less than LEAST_OWN of a list is of it, and at least LEAST_OTHER of the other one.
LEAST_OWN, LEAST_OTHER = 0.3, 0.5

_WRONG_SPECIES = {
    "human": "most of these are written as genes of mice: pass `--species mouse`, or `--species human` if they are "
    "human genes in another case",
    "mouse": "most of these are genes of humans, not of mice: leave `--species mouse` out",
}
# Others → how their genes are written, and the least share of a list that says so.
_OTHERS = {
    "rats": (re.compile(r"RGD:?\d+|RT1-\S+|ENSRNOG\d{11}"), 0.05),
    "zebrafish or frogs": (re.compile(r"(?=.*[a-z])[a-z\d.:-]+|ENS(DAR|XET)G\d{11}"), 0.5),
}
_MOUSE_ID = re.compile(r"ENSMUSG\d{11}(\.\d+(_\d+)?)?|(MGI:)+\d+")
_HUMAN_ID = re.compile(r"ENSG\d{11}(\.\d+(_\d+)?)?(_PAR_Y)?|(HGNC:)+\d+")


def check_species(gene_lists: GeneLists, species: str | None, genes: GeneTable, orthologues: Orthologues) -> GeneLists:
    """The lists, and the ranking, with an error where most identifiers are of the other species.

    The prefix of an id decides (ENSMUSG, MGI, ENSG, HGNC); symbols and other ids must be written exactly as the species
    has them: Cd8a is a mouse gene, CD8A a human one. Where people said that the species is human, Cd8a is human too;
    else genes may also be spelled as those of _OTHERS. Of an identifier that holds others (spellings) any may decide.
    Mouse lists also get flags for genes with several human orthologues or none.
    """
    as_human = ("current", "id", "previous", "alias", *(("current (case)",) if species == "human" else ()))

    def is_human(text: str) -> bool:
        resolution = genes.resolve(text)
        return bool(_HUMAN_ID.fullmatch(text)) or (bool(resolution.symbol) and resolution.how in as_human)

    def is_mouse(text: str) -> bool:
        return bool(_MOUSE_ID.fullmatch(text)) or text in orthologues

    human, mouse = _of_any_part(is_human), _of_any_part(is_mouse)
    own, other = (mouse, human) if species == "mouse" else (human, mouse)
    wrong, lists = _WRONG_SPECIES[species or "human"], []
    for gene_list in gene_lists.lists:
        if not gene_list.error and species != "human" and (of_others := _of_others(gene_list.genes)):
            gene_list = replace(gene_list, error=of_others)
        elif not gene_list.error and _are_of_other(gene_list.genes, own, other):
            gene_list = replace(gene_list, error=wrong)
        elif species == "mouse":
            gene_list = replace(gene_list, flags=(*gene_list.flags, *_orthologue_flags(gene_list, orthologues)))
        lists.append(gene_list)
    ranking_error = wrong if gene_lists.ranking and _are_of_other(gene_lists.ranking, own, other) else ""
    if species != "human":
        ranking_error = _of_others(gene_lists.ranking) or ranking_error
    return replace(gene_lists, lists=tuple(lists), ranking_error=ranking_error)


def _of_any_part(is_of: Callable[[str], bool]) -> Callable[[str], bool]:
    """Whether an identifier, or any of those that it holds, is of a species."""
    return lambda text: is_of(text) or any(is_of(part) for spelling in spellings(text) for part in spelling.parts)


def _are_of_other(genes: Sequence[ListedGene], own: Callable[[str], bool], other: Callable[[str], bool]) -> bool:
    total = len(genes)
    if sum(own(gene.written) for gene in genes) >= LEAST_OWN * total:
        return False
    return sum(other(gene.written) for gene in genes) >= LEAST_OTHER * total


def _of_others(genes: Sequence[ListedGene]) -> str:
    """The error for genes that are spelled as those of a species that is not read; "" for others."""
    for name, (pattern, share) in _OTHERS.items():
        written = [gene.written for gene in genes if pattern.fullmatch(gene.written)]
        if len(written) > max(1, share * len(genes)):
            return (
                f"{len(written):,} of {counted(len(genes), 'gene')} are written as those of {name} ({some(written)}), "
                "which are not read: give their human orthologues, or pass `--species human` if they are human genes"
            )
    return ""


def _orthologue_flags(gene_list: GeneList, orthologues: Orthologues) -> list[str]:
    humans = {gene.written: orthologues.human(gene.written) for gene in gene_list.genes}
    several = [f"{written} ({', '.join(symbols)})" for written, symbols in humans.items() if len(symbols) > 1]
    none = [written for written, symbols in humans.items() if not symbols]
    flags = [f"several human genes: {some(several)}"] if several else []
    return [*flags, f"no human gene known: {some(none)}"] if none else flags


def make_record(
    gene_list: GeneList, file_name: str, genes: GeneTable, orthologues: Orthologues | None = None
) -> AnnotationRecord:
    """The record of a list from the file `file_name`, before anything is tested.

    With `orthologues` the genes are mouse genes, and are replaced by their human orthologues. A list with fewer than
    FEWEST known genes, of mice or of humans, gets an error; a list with an error is not tested.
    """
    known: dict[str, AnnotatedGene] = {}
    unmapped: list[UnmappedGene] = []
    merged: list[str] = []
    dates: list[str] = []
    mice: defaultdict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()  # of the genes of the list's species
    for listed in gene_list.genes:
        resolved, unknown = _resolved(listed.written, genes, orthologues)
        if unknown:
            unmapped.append(unknown)
            continue
        dates += [f"{listed.written} → {symbol}" for symbol, how in resolved if how == "spreadsheet date"]
        own = resolved[0][0] if orthologues is None else orthologues.gene(listed.written)
        if own in seen:
            merged.append(listed.written)
            continue
        seen.add(own)
        for symbol, how in resolved:
            if orthologues is not None:
                mice[symbol].append(own)
            if symbol not in known:  # two mouse genes may well have one human gene
                known[symbol] = AnnotatedGene(
                    symbol=symbol, written=listed.written, name=genes.genes[symbol].name, how=how, weight=listed.weight
                )
    spelled = _spelled([gene.written for gene in gene_list.genes], genes, orthologues)
    flags = [*gene_list.flags, *_flags(len(gene_list.genes), dates, spelled, unmapped, merged)]
    error = gene_list.error or _too_few(gene_list, min(len(known), len(seen)), unmapped)
    return AnnotationRecord(
        list=file_name,
        set=gene_list.name,
        id=record_id(file_name, gene_list.name),
        description=gene_list.description,
        direction=gene_list.direction,
        place=gene_list.place,
        genes=[gene.model_copy(update={"orthologue_of": mice[gene.symbol]}) for gene in known.values()],
        ranked=gene_list.ranked,
        unmapped=unmapped,
        flags=flags,
        error=error,
    )


def _resolved(
    written: str, genes: GeneTable, orthologues: Orthologues | None
) -> tuple[list[tuple[str, str]], UnmappedGene | None]:
    """(symbol, how it was resolved) of each human gene of an identifier, or why there is none."""
    if orthologues is None:
        resolution = genes.resolve(written)
        if resolution.symbol is None:
            candidates = resolution.candidates or tuple(filter(None, genes.best_guess(written).split("|")))
            return [], UnmappedGene(written=written, why=resolution.how, candidates=list(candidates))
        return [(resolution.symbol, resolution.how)], None
    human = [genes.resolve(symbol).symbol for symbol in orthologues.human(written)]
    symbols = [symbol for symbol in dict.fromkeys(human) if symbol is not None]
    if not symbols:
        return [], UnmappedGene(written=written, why="no human orthologue is known")
    return [(symbol, "orthologue") for symbol in symbols], None


def _spelled(identifiers: Sequence[str], genes: GeneTable, orthologues: Orthologues | None) -> dict[str, list[str]]:
    """ "HLA.A → HLA-A" and the like, for the identifiers that were read by each of spellings.KINDS."""
    spelled: defaultdict[str, list[str]] = defaultdict(list)
    for written in identifiers:
        gene, how, _ = (orthologues or genes).resolve(written)
        if how in KINDS:
            spelled[how].append(f"{written} → {gene}")
    return spelled


def _flags(
    listed: int,
    dates: Sequence[str],
    spelled: Mapping[str, Sequence[str]],
    unmapped: Sequence[UnmappedGene],
    merged: Sequence[str],
) -> list[str]:
    flags = [f"{len(read):,} of {listed:,} are {KINDS[kind]}: {some(read)}" for kind, read in spelled.items()]
    if unmapped:
        verb, which = "is" if len(unmapped) == 1 else "are", some([gene.written for gene in unmapped])
        flags.append(f"{len(unmapped):,} of {counted(listed, 'gene')} {verb} unknown: {which}")
    if ambiguous := [gene for gene in unmapped if gene.why == "ambiguous"]:
        meant = [f"{gene.written} ({' or '.join(gene.candidates)})" for gene in ambiguous]
        flags.append(f"left out, as it may be one of several genes: {some(meant)}")
    if dates:
        were = counted(len(dates), "gene was a date", "genes were dates")
        flags.append(f"{were}, as spreadsheet programs make of names: read back as {some(dates)}")
    if merged:
        are = counted(len(merged), "gene is", "genes are")
        flags.append(f"{are} listed more than once, by another name: {some(merged)}")
    return flags


def _too_few(gene_list: GeneList, known: int, unmapped: Sequence[UnmappedGene]) -> str:
    if known >= FEWEST:
        return ""
    genes, verb = counted(len(gene_list.genes), "gene"), "is" if known == 1 else "are"
    what = f"only {known} of {genes} {verb} known" if unmapped else f"only {counted(known, 'gene')}"
    fix = f" ({some([gene.written for gene in unmapped])}): {_why_unknown(unmapped)}" if unmapped else ""
    return f"{what}, and {FEWEST} are the fewest that can have a function in common{fix}"


def _why_unknown(unmapped: Sequence[UnmappedGene]) -> str:
    """What is probably wrong with these identifiers, in words."""
    guessed = [gene for gene in unmapped if gene.candidates]
    if 2 * len(guessed) < len(unmapped):
        return "are they of another species, or is another column that of the genes (--columns gene=NAME)?"
    meant = [f"{gene.written} → {' or '.join(gene.candidates)}" for gene in guessed]
    return f"how they are written is not known; do they mean {some(meant)}?"
