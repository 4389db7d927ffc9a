"""Questions on gene sets from enrichment tables. Templates say nothing of the answer; all that is drawn is seeded."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations, combinations_with_replacement
from math import isfinite

from reasonome.tasks.pathway_qa.answer import CANNOT_BE_TOLD, set_key
from reasonome.tasks.pathway_qa.dialogue import DEPENDS, DOWN, OPPOSITE, SAME, UNSIGNED, UP, PathwayQuestion, Statement
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast, Tables, folded
from reasonome.tasks.pathway_qa.settings import PathwayBenchmark

TEMPLATES = {
    "direction": (
        "Taken together, which way does the gene set '{set}' move in the {tissue} of {condition}?",
        "What do the {tissue} studies of {condition} say of the gene set '{set}': which way does it go?",
    ),
    "comparison": (
        "Does the gene set '{set}' move the same way in {tissue} and in {other} of {condition}?",
        "For {condition}: are {tissue} and {other} alike in the direction of the gene set '{set}'?",
    ),
    "conservation": (
        "What is the mean correlation of enrichment scores between {tissue} and {other} studies of {condition}?",
    ),
    "leadingedge": (
        "Is {gene} in the leading edge of the gene set '{set}' in {tissue}, study {study}, of {condition}?",
        "In {tissue} (study {study}) of {condition}, does {gene} count among the leading edge of '{set}'?",
    ),
    "significance": (
        "Is the gene set '{set}' enriched in {tissue}, study {study}, of {condition} (adjusted p below {significant})?",
        "In {tissue} (study {study}) of {condition}, has the gene set '{set}' an adjusted p below {significant}?",
    ),
    "count": (
        "In how many of the {studies} {tissue} studies of {condition} has '{set}' an adjusted p below {significant}?",
    ),
}
_FEWEST_LISTED, _MOST_LISTED = 2, 3  # tissues of which a prompt lists the studies, unless it asks about more
# Tissues of a mouse or a human, of which tables that lack them say nothing.
OTHER_TISSUES = (
    "adrenal gland",
    "aorta",
    "bone marrow",
    "brain",
    "colon",
    "heart",
    "hippocampus",
    "lung",
    "ovary",
    "pancreas",
    "spleen",
    "stomach",
    "testis",
    "uterus",
)
_COLLECTION = re.compile(r"^[A-Z0-9]+_(?=[A-Z0-9_]+$)")


def shown_name(identifier: str, name: str = "") -> str:
    """A set's name as prompts have it: its own, or the words of an id: REACTOME_DNA_REPAIR, DNA REPAIR%GO%1."""
    if name and name != identifier:
        return name
    if "%" in identifier:
        return identifier.split("%")[0]
    return _COLLECTION.sub("", identifier).replace("_", " ").lower() if "_" in identifier else identifier


def _shown_names(tables: Tables) -> dict[str, str]:
    """Id → name in prompts, without the mark that ends a field; the words of the whole id where two share a name."""
    names = {
        identifier: shown_name(row.id, row.name)
        for contrast in tables.contrasts
        for identifier, row in contrast.sets.items()
    }
    shared = Counter(map(set_key, names.values()))
    names = {key: name if shared[set_key(name)] == 1 else key.replace("_", " ").lower() for key, name in names.items()}
    return {identifier: name.replace(";", ",") for identifier, name in names.items()}


def _aliases(tables: Tables, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Id → what else a set is called: its id and name, an id without its collection, both ends of one such as
    DNA REPAIR%GO%GO:0006281, and the table's aliases. What two sets are called is left out.
    """
    called: dict[str, set[str]] = defaultdict(set)
    for contrast in tables.contrasts:
        for identifier, row in contrast.sets.items():
            ends = identifier.split("%")
            called[identifier] |= {
                identifier,
                row.name,
                _COLLECTION.sub("", identifier),
                ends[0],
                ends[-1],
                *row.aliases,
            }
    shared = Counter(key for key, texts in called.items() for key in {set_key(text) for text in (*texts, names[key])})
    return {
        identifier: tuple(sorted(text for text in texts if shared[set_key(text)] == 1))
        for identifier, texts in called.items()
    }


class Writer:
    """Writes the questions of a benchmark from its enrichment tables."""

    def __init__(self, tables: Tables, benchmark: PathwayBenchmark):
        self.tables, self.benchmark = tables, benchmark
        self.names = _shown_names(tables)
        self.aliases = _aliases(tables, self.names)
        self._by_tissue = benchmark.held_out.by == "tissue"

    def of_kind(self, kind: str) -> Iterator[PathwayQuestion]:
        """All questions of a kind that the tables answer, in order."""
        writers: dict[str, Callable[[], Iterator[PathwayQuestion]]] = {
            "direction": lambda: self._directions("direction", (UP, DOWN)),
            "disagreement": lambda: self._directions("disagreement", (DEPENDS,)),
            "comparison": self._comparisons,
            "conservation": self._conservations,
            "leadingedge": self._leading_edges,
            "significance": self._significances,
            "count": self._counts,
            "unanswerable": self._unanswerable,
        }
        return writers[kind]()

    def with_studies(self, question: PathwayQuestion, hidden: Collection[str]) -> PathwayQuestion:
        """The question with the studies that its prompt lists: of its tissues if it is covered, and of some others.

        `hidden` are places that the prompt must not name. The number of tissues says nothing of whether it is covered.
        """
        shown: dict[str, tuple[str, ...]] = {}
        for tissue, contrasts in self.tables.tissues.items():
            studies = [contrast for contrast in contrasts if not {tissue, contrast.study} & {*hidden}]
            if studies:
                shown[tissue] = tuple(c.study if c.signed else f"{c.study}{UNSIGNED}" for c in studies)
        own = [tissue for tissue in question.tissues if question.covered and tissue in shown]
        others = [tissue for tissue in shown if tissue not in question.tissues]
        generator = random.Random(f"{self.benchmark.seed}:studies:{question.id}")
        more = max(0, generator.randint(_FEWEST_LISTED, _MOST_LISTED) - len(own))
        listed = {*own, *generator.sample(others, min(more, len(others)))}
        studies = {tissue: shown[tissue] for tissue in shown if tissue in listed}
        return question.model_copy(update={"studies": studies})

    def _directions(self, kind: str, answers: tuple[str, ...]) -> Iterator[PathwayQuestion]:
        for tissue in self.tables.tissues:
            for identifier in self.tables.sets:
                direction = self.tables.direction(tissue, identifier)
                if direction in answers:
                    yield self._question(kind, direction, identifier, tissue, asks="direction")

    def _comparisons(self) -> Iterator[PathwayQuestion]:
        for tissue, other in combinations(self.tables.tissues, 2):
            for identifier in self.tables.sets:
                directions = (self.tables.direction(place, identifier) for place in (tissue, other))
                said = [direction for direction in directions if direction in (UP, DOWN)]
                if len(said) == 2:
                    answer = SAME if said[0] == said[1] else OPPOSITE
                    yield self._question("comparison", answer, identifier, tissue, other=other, said=said)

    def _conservations(self) -> Iterator[PathwayQuestion]:
        for tissue, other in combinations_with_replacement(self.tables.tissues, 2):
            if isfinite(value := self.tables.conservation(tissue, other)):
                yield self._question("conservation", f"{value:.2f}", "", tissue, other=other, said=())

    def _leading_edges(self) -> Iterator[PathwayQuestion]:
        """For each set and contrast a gene of its leading edge, and one that only another contrast's leading edge has.

        The other contrast is of training or of the same part, so that no training question has a gene of a test table.
        """
        for identifier in self.tables.sets:
            having = [contrast for contrast in self.tables.contrasts if identifier in contrast.sets]
            parts = [self._part(contrast) for contrast in having]
            pools = {
                part: {
                    gene
                    for other, of in zip(having, parts, strict=True)
                    if of in ("train", part)
                    for gene in other.sets[identifier].genes
                }
                for part in dict.fromkeys(parts)
            }
            for contrast, part in zip(having, parts, strict=True):
                genes = pools[part]
                leading = {*contrast.sets[identifier].genes}
                for answer, pool in (("yes", leading), ("no", genes - leading)):
                    if leading and pool:
                        gene = self._random("leadingedge", contrast, identifier, answer).choice(sorted(pool))
                        yield self._question("leadingedge", answer, identifier, contrast, gene=gene)

    def _significances(self) -> Iterator[PathwayQuestion]:
        for contrast in self.tables.contrasts:
            for identifier in contrast.sets:
                answer = "yes" if self.tables.moved(contrast, identifier) else "no"
                yield self._question("significance", answer, identifier, contrast)

    def _counts(self) -> Iterator[PathwayQuestion]:
        for tissue, contrasts in self.tables.tissues.items():
            for identifier in self.tables.sets if len(contrasts) > 1 else ():
                if (count := self.tables.count(tissue, identifier)) is not None:
                    yield self._question("count", str(count), identifier, tissue)

    def _unanswerable(self) -> Iterator[PathwayQuestion]:
        """Questions on a tissue or a study that the prompt does not list, some of which no table has; on a set that a
        tissue's tables do not have; and on the direction in unsigned tables.
        """
        generator = random.Random(f"{self.benchmark.seed}:unanswerable")
        studies = dict.fromkeys(contrast.study for contrast in self.tables.contrasts)
        known = {folded(tissue) for tissue in self.tables.tissues}
        absent = [tissue for tissue in OTHER_TISSUES if tissue not in known]
        for identifier in self.tables.sets:
            for tissues in filter(None, (absent, list(self.tables.tissues))):
                yield self._untold("direction", identifier, generator.choice(tissues), covered=False)
            tissue = generator.choice(list(self.tables.tissues))
            contrasts = self.tables.tissues[tissue]
            if others := [study for study in studies if study not in {contrast.study for contrast in contrasts}]:
                missing = Contrast(tissue, generator.choice(others), signed=False)
                yield self._untold("significance", identifier, missing)
            for tissue, contrasts in self.tables.tissues.items():
                if all(identifier not in contrast.sets or not contrast.signed for contrast in contrasts):
                    yield self._untold("direction", identifier, tissue)

    def _untold(self, asks: str, identifier: str, place: str | Contrast, covered: bool = True) -> PathwayQuestion:
        return self._question("unanswerable", CANNOT_BE_TOLD, identifier, place, asks, said=(), covered=covered)

    def _part(self, contrast: Contrast) -> str:
        """The part that questions on a contrast are of."""
        held = self.benchmark.held_out
        place = contrast.tissue if self._by_tissue else contrast.study
        return "test" if place in held.test else "valid" if place in held.valid else "train"

    def _random(self, kind: str, contrast: Contrast, *of: str) -> random.Random:
        return random.Random(":".join([str(self.benchmark.seed), kind, contrast.tissue, contrast.study, *of]))

    def _question(
        self,
        kind: str,
        answer: str,
        identifier: str,
        place: str | Contrast,
        asks: str = "",
        other: str = "",
        gene: str = "",
        said: Sequence[str] | None = None,
        covered: bool = True,
    ) -> PathwayQuestion:
        """A question on a tissue, or on one contrast; `asks` is the kind of its template, if that is another.

        `said` are the values of its statements, of the tissue and of `other`: the answer unless given.
        """
        asks, said = asks or kind, [answer] if said is None else said
        tissue, study = (place, "") if isinstance(place, str) else (place.tissue, place.study)
        tissues = list(dict.fromkeys(filter(None, [tissue, other])))
        missing = "" if covered else "not listed"
        key = ":".join(filter(None, [kind, *tissues, study, identifier or "all", gene, missing]))
        name = self.names.get(identifier, "")
        text = random.Random(f"{self.benchmark.seed}:{key}").choice(TEMPLATES[asks])
        question = text.format(
            set=name,
            tissue=tissue,
            other=other if other != tissue else f"other {tissue}",
            study=study,
            gene=gene,
            condition=self.benchmark.condition,
            significant=self.benchmark.significant,
            studies=len(self.tables.tissues.get(tissue, ())),
        )
        about = tuple((name, place) for place in tissues) if identifier else ()
        statements = tuple(
            Statement(set=name, tissue=place, value=value) for place, value in zip(tissues, said, strict=False)
        )
        return PathwayQuestion(
            id=key,
            subset=kind,
            columns={"question": question, "table": self._rows(asks, identifier, tissues if covered else [], study)},
            answer=answer,
            group=identifier or key,
            asks=asks,
            tissues=tuple(tissues),
            study=study,
            covered=covered,
            places=tuple(tissues) if self._by_tissue else self._studies(asks, tissues, study),
            about=about,
            statements=statements,
            aliases={name: self.aliases.get(identifier, ())} if identifier else {},
            tolerance=self.benchmark.tolerance if asks == "conservation" else 0.0,
        )

    def _studies(self, asks: str, tissues: list[str], study: str) -> tuple[str, ...]:
        """The studies that a question names or whose rows it shows."""
        if study:
            return (study,)
        return tuple(dict.fromkeys(c.study for tissue in tissues for c in self.tables.tissues.get(tissue, ())))

    def _rows(self, asks: str, identifier: str, tissues: list[str], study: str) -> str:
        """The rows that answer a question, as a prompt may show them."""
        rows = []
        for contrast in self.tables.contrasts:
            row = contrast.sets.get(identifier)
            if row is not None and contrast.tissue in tissues and study in ("", contrast.study):
                score = f"{row.score:.2f}" if contrast.signed else "-"
                cells = [self.names[identifier], contrast.tissue, contrast.study, score, f"{row.adjusted:.2g}"]
                if asks == "leadingedge":
                    cells.append(", ".join(row.genes))
                rows.append("; ".join(cells))
        return "\n".join(rows) or "no such rows"
