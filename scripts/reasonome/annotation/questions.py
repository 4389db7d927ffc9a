"""Lists of genes → what a model is asked: genes resolved, and what cannot be asked kept with the reason."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reasonome.annotation.gene_list import FEWEST, GeneList, counted, some
from reasonome.annotation.orthologues import Orthologues
from reasonome.annotation.record import AnnotatedGene, AnnotationRecord, UnmappedGene
from reasonome.facts.genes import GeneTable
from reasonome.tasks.naming.task import Example, Gene


@dataclass(frozen=True)
class Question:
    """A list as it is asked: its record so far, and the question, None where the record's `error` says why not."""

    record: AnnotationRecord
    example: Example | None


def question(one: GeneList, of: str, genes: GeneTable, orthologues: Orthologues | None = None) -> Question:
    """The question for a list; `of` names the file that it is from.

    With `orthologues` genes are of another species, and become the human ones. A list with fewer than FEWEST known
    genes gets an error that says what was found; one with an error is not asked.
    """
    known: dict[str, AnnotatedGene] = {}
    unmapped: list[UnmappedGene] = []
    merged: list[str] = []
    dates = 0
    mice: defaultdict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()  # of the mouse genes
    for listed in one.genes:
        found, unknown = _resolved(listed.written, genes, orthologues)
        if unknown:
            unmapped.append(unknown)
            continue
        dates += any(how == "spreadsheet date" for _, how in found)
        mouse = orthologues.gene(listed.written) if orthologues is not None else ""
        if mouse in seen:
            merged.append(listed.written)
            continue
        if mouse:
            seen.add(mouse)
        for symbol, how in found:
            if mouse:
                mice[symbol].append(mouse)
            if symbol in known:
                if not mouse:  # two mouse genes may well have one human gene
                    merged.append(listed.written)
                continue
            known[symbol] = AnnotatedGene(
                symbol=symbol, written=listed.written, name=genes.genes[symbol].name, how=how, weight=listed.weight
            )
    flags = [*one.flags, *_flags(len(one.genes), dates, unmapped, merged)]
    error = one.error or _too_few(one, known, unmapped)
    record = AnnotationRecord(
        list=of,
        set=one.name,
        # The same for the same file and list, whatever their names hold: for files, links and answers.
        id=hashlib.sha256(f"{of}\0{one.name}".encode()).hexdigest()[:12],
        description=one.description,
        place=one.place,
        genes=[gene.model_copy(update={"orthologue_of": mice[gene.symbol]}) for gene in known.values()],
        ranked=one.ranked,
        unmapped=unmapped,
        flags=flags,
        error=error,
    )
    if error:
        return Question(record, None)
    asked = [Gene(symbol=gene.symbol, name=gene.name) for gene in known.values()]
    # The name that a benchmark would know: nobody does, and no prompt shows it.
    return Question(record, Example(id=record.id, subset="sets", name="unknown", genes=asked))


def _resolved(
    written: str, genes: GeneTable, orthologues: Orthologues | None
) -> tuple[list[tuple[str, str]], UnmappedGene | None]:
    """(symbol, how) of each human gene that an identifier means, or why there is none."""
    if orthologues is None:
        found = genes.resolve(written)
        if found.symbol is None:
            candidates = found.candidates or tuple(filter(None, genes.best_guess(written).split("|")))
            return [], UnmappedGene(written=written, why=found.how, candidates=list(candidates))
        return [(found.symbol, found.how)], None
    human = [genes.resolve(symbol).symbol for symbol in orthologues.human(written)]
    symbols = [symbol for symbol in dict.fromkeys(human) if symbol is not None]
    if not symbols:
        return [], UnmappedGene(written=written, why="no human orthologue is known")
    return [(symbol, "orthologue") for symbol in symbols], None


def _flags(listed: int, dates: int, unmapped: Sequence[UnmappedGene], merged: Sequence[str]) -> list[str]:
    flags = []
    if unmapped:
        verb, which = "is" if len(unmapped) == 1 else "are", some([gene.written for gene in unmapped])
        flags.append(f"{len(unmapped):,} of {counted(listed, 'gene')} {verb} unknown: {which}")
    if dates:
        were = counted(dates, "gene was a date", "genes were dates")
        flags.append(f"{were}, as spreadsheet programs make of SEPT2: read back as genes")
    if merged:
        are = counted(len(merged), "gene is", "genes are")
        flags.append(f"{are} listed more than once, by another name: {some(merged)}")
    return flags


def _too_few(one: GeneList, known: dict[str, AnnotatedGene], unmapped: Sequence[UnmappedGene]) -> str:
    if len(known) >= FEWEST:
        return ""
    of, verb = counted(len(one.genes), "gene"), "is" if len(known) == 1 else "are"
    told = f"only {len(known)} of {of} {verb} known" if unmapped else f"only {counted(len(known), 'gene')}"
    fix = f" ({some([gene.written for gene in unmapped])}): are they of another species?" if unmapped else ""
    return f"{told}, and {FEWEST} are the fewest that can have a function in common{fix}"
