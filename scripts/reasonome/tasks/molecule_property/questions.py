"""Questions on molecules from tables: every molecule once, by its canonical SMILES, in the group of its scaffold."""

from collections import Counter, defaultdict
from pathlib import Path

from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.plain_table import read_table
from reasonome.task_parts import BuildingJob
from reasonome.tasks.molecule_property.molecules import Fragments, read_molecule, scaffold, some_descriptors
from reasonome.tasks.molecule_property.settings import MoleculeBenchmark, MoleculeSubset
from reasonome.tasks.prediction.dialogue import PredictionQuestion, Target
from reasonome.tasks.question_answer.building import LeftOut, VerifiedBuilding

# RDKit's descriptors that a prompt may show, and how it calls them.
_SHOWN = {
    "MolWt": "molecular weight",
    "MolLogP": "Crippen logP",
    "TPSA": "polar surface area",
    "NumHDonors": "hydrogen-bond donors",
    "NumHAcceptors": "hydrogen-bond acceptors",
    "NumRotatableBonds": "rotatable bonds",
    "RingCount": "rings",
}


Rows = list[tuple[int, PredictionQuestion]]  # each with its line


class MoleculeBuilding(VerifiedBuilding):
    """Benchmarks of molecules and their properties."""

    def read(self, job: BuildingJob[MoleculeBenchmark]) -> tuple[list[PredictionQuestion], list[LeftOut]]:
        """The questions of a benchmark's tables, and the rows left out with the reason and their line.

        Left out are invalid SMILES, cells without a value, a molecule that was there before, and all rows of a molecule
        whose values contradict each other. InputError for a missing column, a repeated id, an unknown class, a class
        without a molecule, and a table without a usable row.
        """
        questions: list[PredictionQuestion] = []
        left_out: list[LeftOut] = []
        for subset, path in job.files["tables"].items():
            spec = job.benchmark.subsets[subset]
            rows, refused = _read(path, subset, spec, job.benchmark.fragments)
            kept, repeated = _each_once(rows, spec)
            if not kept:
                reasons = Counter(row.reason for row in [*refused, *repeated]).most_common(1)
                what = f"no row of subset '{subset}' can be used" + "".join(f": {why}, in {n}" for why, n in reasons)
                fix = "are these the columns of SMILES and of the answer? name them in `columns`"
                raise InputError(what, file=path, field=f"subsets.{subset}.columns", fix=fix)
            for label in spec.labels:
                if all(question.answer != label for question in kept):
                    what = f"no molecule has the class '{label}'"
                    fix = "leave the class out, or say in `cells` what its cells say"
                    raise InputError(what, file=path, field=f"subsets.{subset}.classes", fix=fix)
            questions += kept
            left_out += [*refused, *repeated]
        return questions, left_out


def _read(path: Path, subset: str, spec: MoleculeSubset, fragments: Fragments) -> tuple[Rows, list[LeftOut]]:
    names = {key: spec.columns.get(key, key) for key in ("smiles", "answer")}
    names |= {"id": spec.columns["id"]} if "id" in spec.columns else {}
    table = read_table(path, list(names.values()), texts=True)
    places = {key: table.place(column, field=f"subsets.{subset}.columns") for key, column in names.items()}
    classes = spec.classes_by_cell
    rows, left_out = [], []
    first: dict[str, int] = {}
    for line, cells in table.rows:
        row = {key: cells[place].strip() for key, place in places.items()}
        own = row.get("id") or (f"line {line}" if "id" in names else str(line))
        identifier = f"{subset}:{own}"
        if (before := first.setdefault(identifier, line)) != line:
            what = f"the id '{own}' stands in line {before} already"
            fix = "name a column in which every row has an id of its own, or none"
            raise InputError(what, file=path, line=line, field=names.get("id", ""), fix=fix)
        molecule = read_molecule(row["smiles"], fragments)
        answer = spec.read(row["answer"])
        if row["answer"] and answer is None and classes:
            fix = f"{nearest(row['answer'], classes)}; `cells` says what the cells of a class say"
            raise InputError(f"'{row['answer']}' is no class", file=path, line=line, field=names["answer"], fix=fix)
        problem = molecule.problem or ("" if row["answer"] else "not measured")
        if problem or answer is None:
            left_out.append(LeftOut(subset, identifier, problem or "no number", str(line)))
        else:
            rows.append((line, _question(identifier, molecule.smiles, answer, subset, spec)))
    return rows, left_out


def _each_once(rows: Rows, spec: MoleculeSubset) -> tuple[list[PredictionQuestion], list[LeftOut]]:
    """The first question on every molecule, but for those that contradict each other, of which none is kept."""
    by_molecule: dict[str, Rows] = defaultdict(list)
    for line, question in rows:
        by_molecule[question.columns["smiles"]].append((line, question))
    kept, left_out = [], []
    for same in by_molecule.values():
        (first_line, first), *others = same
        if not spec.agree(question.answer for _, question in same):
            lines = ", ".join(str(line) for line, _ in same)
            what = "values of one molecule contradict each other"
            left_out += [LeftOut(first.subset, question.id, what, lines) for _, question in same]
        else:
            kept.append(first)
            what = "the molecule was there before"
            left_out += [LeftOut(first.subset, one.id, what, f"{first_line}, {line}") for line, one in others]
    return kept, left_out


def _question(identifier: str, smiles: str, answer: str, subset: str, spec: MoleculeSubset) -> PredictionQuestion:
    values, group = some_descriptors(smiles, tuple(_SHOWN)), scaffold(smiles)
    shown = "; ".join(f"{words} {value:.4g}" for words, value in zip(_SHOWN.values(), values, strict=True))
    return PredictionQuestion(
        id=identifier,
        subset=subset,
        columns={"smiles": smiles, "descriptors": shown},
        answer=answer,
        group=group,
        target=Target.of(spec),
        stratum="no rings" if group.startswith("acyclic") else "rings",
    )
