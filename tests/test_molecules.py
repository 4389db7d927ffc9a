"""Molecules: what is read, scaffolds worked out by hand, splits without a common scaffold, and bad tables."""

import pandas as pd
import pytest
from refusals import refused

pytest.importorskip("rdkit", reason="RDKit is an extra: pip install -e '.[molecules]'")

from rdkit.Chem.Scaffolds import MurckoScaffold

from reasonome.task_parts import BaselineJob, BuildingJob
from reasonome.tasks import TASKS
from reasonome.tasks.molecule_property import baselines
from reasonome.tasks.molecule_property.molecules import descriptors, fingerprints, randomised, read_molecule, scaffold
from reasonome.tasks.prediction.baselines import DOMAIN_MODEL
from reasonome.tasks.prediction.dialogue import PredictionQuestion, Target
from reasonome.tasks.question_answer import building

TASK = TASKS["molecule_property"]


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("OCc1ccccc1", "c1ccccc1"),  # benzyl alcohol: the side chain goes
        ("[Na+].[O-]C(=O)c1ccccc1", "c1ccccc1"),  # a salt: of its largest fragment
        ("O=C1CCCC1", "O=C1CCCC1"),  # an oxygen that is doubly bound to a ring stays
        ("c1ccc(CCc2ccncc2)cc1", "c1ccc(CCc2ccncc2)cc1"),  # two rings and what links them
        ("C[C@H]1CCCC[C@@H]1O", "C1CCCCC1"),  # stereo isomers share a scaffold
        ("C[C@@H]1CCCC[C@@H]1O", "C1CCCCC1"),
        ("CCO", "acyclic ***"),
        ("CCN", "acyclic ***"),  # the same shape as ethanol
        ("C/C=C/C", "acyclic ****"),
        ("C/C=C\\C", "acyclic ****"),
        ("CC(C)(C)O", "acyclic **(*)(*)*"),
        ("FS(F)(F)(F)(F)F", "acyclic **(*)(*)(*)(*)*"),  # more bonds than a carbon has
    ],
)
def test_scaffolds_by_hand(smiles, expected):
    largest = read_molecule(smiles).smiles
    assert scaffold(largest) == expected
    rdkits = MurckoScaffold.MurckoScaffoldSmiles(smiles=largest, includeChirality=False)
    assert rdkits == ("" if expected.startswith("acyclic") else expected)  # RDKit has none for acyclic ones


def test_what_is_no_molecule_is_said():
    assert read_molecule("not a molecule").problem == "no valid SMILES"
    assert read_molecule("").problem == "no valid SMILES"
    assert read_molecule("[Na+].[Cl-]", "leave out").problem == "several fragments"
    assert read_molecule("OCC").smiles == read_molecule("C(O)C").smiles == "CCO"


def test_another_order_of_the_atoms_is_the_same_molecule():
    written = {randomised("OCCc1ccccc1", seed) for seed in range(1, 9)}
    assert len(written) > 2 and {read_molecule(smiles).smiles for smiles in written} == {"OCCc1ccccc1"}
    assert randomised("OCCc1ccccc1", 1) == randomised("OCCc1ccccc1", 1)


def test_fingerprints_and_descriptors():
    assert fingerprints(["CCO", "c1ccccc1"]).shape == (2, 2048)
    assert descriptors("CCO")["MolWt"] == pytest.approx(46.069)
    assert descriptors("c1ccccc1")["RingCount"] == 1


def spec(**settings):
    return {"question": "Is it toxic?", "classes": ["yes", "no"], "test": 2, "valid": 1, "table": "t.tsv"} | settings


def job(path, subset=None, seed=0, **settings):
    path = path if path.is_file() else path / "t.tsv"
    benchmark = TASK.Benchmark.model_validate(
        {"task": TASK.name, "subsets": {"tox": subset or spec()}, "seed": seed} | settings
    )
    return BuildingJob(benchmark=benchmark, name="mine", folder=path.parent, files={"tables": {"tox": path}})


def table(path, rows, header=("smiles", "answer")):
    pd.DataFrame(rows, columns=header).to_csv(path / "t.tsv", sep="\t", index=False)


RINGS = ["c1ccccc1", "c1ccncc1", "C1CCCCC1", "C1CCOC1", "c1ccsc1", "c1cc[nH]c1", "C1CCNCC1", "c1ccc2ccccc2c1"]


CHAINS = ["C", "CC", "CCC", "CO", "CCO"]


def compounds():
    """Forty molecules of eight scaffolds, both classes in each."""
    return [
        (f"{chain}{ring}", "yes" if (i + j) % 2 else "no")
        for i, ring in enumerate(RINGS)
        for j, chain in enumerate(CHAINS)
    ]


def test_no_scaffold_is_on_two_sides_and_every_class_is_in_each_part(tmp_path):
    table(tmp_path, compounds())
    for seed in range(10):
        mine = job(tmp_path, spec(test=10, valid=5), seed=seed)
        read, left_out = TASK.building.read(mine)
        splits, _ = building.split(read, mine.benchmark, TASK)
        groups = [{question.group for question in rows} for rows in splits.values()]
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
        assert all({question.answer for question in rows} == {"yes", "no"} for rows in splits.values())
        assert sum(map(len, splits.values())) == len(read) == 40 and not left_out


def largest_first(tmp_path, rows, **held_out):
    """Scaffold by part, of splits in the published order."""
    table(tmp_path, rows)
    mine = job(tmp_path, spec(**held_out), groups="largest first")
    read, _ = TASK.building.read(mine)
    splits, _ = building.split(read, mine.benchmark, TASK)
    return {part: [question.group for question in rows] for part, rows in splits.items()}


def test_the_largest_scaffold_trains_in_the_published_order(tmp_path):
    rows = [(f"{'C' * n}c1ccccc1", "yes") for n in range(1, 7)]
    rows += [("CC1CCCCC1", "no"), ("CCC1CCCCC1", "no"), ("c1ccncc1", "no"), ("c1ccsc1", "no")]
    splits = largest_first(tmp_path, rows, test=2, valid=2)
    assert splits == {
        "train": ["c1ccccc1"] * 6,
        "valid": ["C1CCCCC1"] * 2,
        "test": ["c1ccsc1", "c1ccncc1"],  # of equal scaffolds the later one goes first, as in DeepChem
    }


def test_a_part_of_the_published_order_may_stay_empty(tmp_path):
    rows = [(f"{'C' * n}c1ccccc1", "yes" if n % 2 else "no") for n in range(1, 9)]
    with refused(fix="hold out another number of questions"):
        largest_first(tmp_path, rows, test=2, valid=1)


def test_rows_that_cannot_be_used_are_named_with_their_lines(tmp_path):
    rows = [
        ("CCO", "yes"),
        ("OCC", "yes"),  # ethanol again
        ("CCN", "no"),
        ("NCC", "yes"),  # ethylamine again, and it contradicts
        ("xx", "no"),
        ("CCC", ""),
        ("CCCC", "no"),
    ]
    table(tmp_path, rows)
    read, left_out = TASK.building.read(job(tmp_path))
    assert [(question.columns["smiles"], question.answer) for question in read] == [("CCO", "yes"), ("CCCC", "no")]
    assert sorted({(row.lines, row.reason) for row in left_out}) == [
        ("2, 3", "the molecule was there before"),
        ("4, 5", "values of one molecule contradict each other"),
        ("6", "no valid SMILES"),
        ("7", "not measured"),
    ]


NUMBERS = {"classes": None, "unit": "log mol/L", "tolerance": 0.5}


def test_numbers_of_one_molecule_agree_within_the_tolerance(tmp_path):
    table(tmp_path, [("CCO", "-1.0"), ("OCC", "-1.3"), ("CCN", "0"), ("NCC", "0.6"), ("CCC", "high")])
    read, left_out = TASK.building.read(job(tmp_path, spec(**NUMBERS)))
    assert [question.answer for question in read] == ["-1.0"]
    assert [row.lines for row in left_out if "contradict" in row.reason] == ["4, 5", "4, 5"]
    assert [row.lines for row in left_out if row.reason == "no number"] == ["6"]


@pytest.mark.parametrize(
    ("rows", "settings", "field"),
    [([("CCO", "maybe")], {}, "answer"), ([("CCO", "1,5"), ("CCC", "2,5")], NUMBERS, "subsets.tox.columns")],
)
def test_tables_that_cannot_be_used(tmp_path, rows, settings, field):
    table(tmp_path, rows)
    with refused("t.tsv", field=field):
        TASK.building.read(job(tmp_path, spec(**settings)))


def test_a_repeated_id_is_told_with_both_lines(tmp_path):
    table(tmp_path, [("CCO", "yes", "a"), ("CCC", "no", "b"), ("CCN", "no", "a")], ("smiles", "answer", "drug"))
    mine = job(tmp_path, spec(columns={"id": "drug"}))
    with refused(fix="name a column in"):
        TASK.building.read(mine)


@pytest.mark.slow
def test_baselines_and_domain_models_are_the_same_to_the_bit_when_run_again(tmp_path, monkeypatch):
    """The class is whether the ring is aromatic, which fingerprints tell."""
    rows = [(smiles, "yes" if ring[0] == "c" else "no") for ring in RINGS for smiles in (f"{c}{ring}" for c in CHAINS)]
    table(tmp_path, rows)
    mine = job(tmp_path, spec(test=10, valid=5))
    read, _ = TASK.building.read(mine)
    splits = TASK.with_training_answers(building.split(read, mine.benchmark, TASK)[0])
    monkeypatch.setattr(baselines, "_TREES", 20)

    def run():
        given = {"training": splits["train"], "asked": splits["test"]}
        return TASK.baselines.found(BaselineJob(benchmark=mine.benchmark, style=None, **given))

    answered = {baseline.name: baseline for baseline in run()}
    assert [*answered.values()] == run()
    right = {
        name: sum(a == q.answer for a, q in zip(baseline.answers, splits["test"], strict=True))
        for name, baseline in answered.items()
    }
    assert right["random_forest"] > right["constant"]
    assert {baseline.information for baseline in answered.values()} == {"none", "training data", DOMAIN_MODEL}


def test_the_nearest_molecule_by_hand():
    target = Target(question="?", classes=("yes", "no"), shares={"yes": 0.5, "no": 0.5})

    def question(smiles, answer):
        columns = {"smiles": smiles, "descriptors": ""}
        return PredictionQuestion(id=smiles, subset="s", columns=columns, answer=answer, target=target)

    known = [question("CCO", "yes"), question("c1ccccc1", "no")]
    nearest = baselines._nearest(known, [question("CCO", "no"), question("Cc1ccccc1", "yes"), question("Br", "no")])
    assert nearest.answers == ["yes", "no", "yes"]
    assert nearest.confidences[0] == 1 and 0.5 < nearest.confidences[1] < 1 and nearest.confidences[2] == 0.5
