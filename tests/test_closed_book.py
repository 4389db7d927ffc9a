"""The closed book: its world and questions, what counts as a leak, scores and baselines worked out by hand."""

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from reasonome.answering.rows import AnswerRow
from reasonome.benchmarks.rows import read_splits
from reasonome.config.project.experiments import Asked
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.facts.wording import MEMBERSHIP, PART_OF_PATHWAY
from reasonome.jobs import LeakSettings, Said, Training
from reasonome.leaks.audit import check
from reasonome.report.forgetting import VOTED, voted
from reasonome.task_parts import BaselineJob, BuildingJob, Built, ScoringJob
from reasonome.tasks import TASKS
from reasonome.tasks.closed_book.leaks import leaking
from reasonome.tasks.closed_book.questions import Question, Through
from reasonome.tasks.closed_book.recital import recital_scores, recited, vote
from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.closed_book.world import answers, ask, draw_world
from reasonome.tasks.naming.questions import Fact, Gene

TASK = TASKS["closed_book"]
SETTINGS = {
    "task": "closed_book",
    "corpus": "tiny",
    "collection": "pathways",
    "genes": 4,
    "smallest": 4,
    "members": [2, 3],
    "parts": {"sft": 3, "grpo": 3, "valid": 1, "never": 1},
    "questions": {"train": 3, "valid": 2, "never": 2, "asked": 1},
}
STYLE = {"gene": "{symbol}", "separator": " ", "budget_tokens": 64, "system": "Name it.", "user": "{genes}"}
NAMES = ["Red path", "Blue road", "Green lane", "Old street", "New alley", "Wide way", "Long trail", "Cold track"]


def benchmark(**changes):
    return ClosedBookBenchmark.model_validate(SETTINGS | changes)


def memberships(pathways):
    rows = [
        (gene, "member_of_pathway", pathway_id, name, "pathways", "")
        for pathway_id, (name, genes) in pathways.items()
        for gene in genes
    ]
    return pd.DataFrame(rows, columns=FACT_COLUMNS)


def pathways(names=NAMES, size=5):
    return {f"P{i}": (name, [f"G{i}{letter}" for letter in "ABCDEFGH"[:size]]) for i, name in enumerate(names)}


FACTS = memberships(pathways())


def set_of(i, name, *symbols, subset="never", pathway="", outliers=()):
    genes = [Gene(symbol=symbol) for symbol in symbols]
    return Question(id=i, subset=subset, name=name, genes=genes, main_id=pathway or name, outliers=list(outliers))


def symbols(example):
    return {gene.symbol for gene in example.genes}


def test_a_world_has_its_parts_no_gene_twice_and_the_same_pathways_for_a_seed():
    world = draw_world(FACTS, benchmark())
    assert Counter(pathway.part for pathway in world) == {"sft": 3, "grpo": 3, "valid": 1, "never": 1}
    genes = [gene for pathway in world for gene in pathway.genes]
    assert len(genes) == len(set(genes)) == 8 * 4
    assert all(pathway.genes[0][:2] == f"G{pathway.id[1:]}" for pathway in world)
    assert draw_world(FACTS, benchmark()) == world
    assert draw_world(FACTS.sample(frac=1, random_state=1), benchmark()) == world
    assert draw_world(FACTS, benchmark(seed=1)) != world


def test_no_pathway_that_was_drawn_before_is_one_that_is_never_asked():
    parts = {"sft": 2, "grpo": 1, "valid": 1, "never": 2}
    spec = benchmark(parts=parts, strangers=["none"], drawn_before="drawn.tsv")
    for seed in range(5):
        world = draw_world(FACTS, spec.model_copy(update={"seed": seed}), {"P0", "P1", "P2", "P3"})
        never = {pathway.id for pathway in world if pathway.part == "never"}
        assert len(never) == 2 and never < {"P4", "P5", "P6", "P7"}
        # The others are of those that were, so that two new ones are left for a later world.
        assert {pathway.id for pathway in world} - never == {"P0", "P1", "P2", "P3"}
    with pytest.raises(InputError) as error:
        draw_world(FACTS, spec, {f"P{i}" for i in range(7)})
    assert error.value.field == "parts" and re.findall(r"\d+", error.value.what) == ["1", "2"]  # of `never` alone


@pytest.mark.parametrize(
    "changed",
    [
        {"P0": ("Red path", ["G0A", "G0B", "G0C", "G0D", "G1A"])},  # a gene of another pathway
        {"P0": ("Cold blue road", ["G0A", "G0B", "G0C", "G0D"])},  # two words of another name
        {"P0": ("A path whose name is too long", ["G0A", "G0B", "G0C", "G0D"])},
        {"P0": ("Red path", ["LONGSYMBOL", "G0B", "G0C", "G0D"])},  # three genes of short symbols
        {"P0": ("Red path", ["G0A", "G0B", "G0C"])},  # too few genes
        {"P0": ("Red; path", ["G0A", "G0B", "G0C", "G0D"])},  # an answer with it would be two names
        {"P0": ("Blue, road", ["G0A", "G0B", "G0C", "G0D"])},  # the name of another one
    ],
)
def test_a_pathway_that_does_not_fit_stays_out(changed):
    with pytest.raises(InputError) as error:
        draw_world(memberships(pathways() | changed), benchmark())
    assert error.value.field == "parts"
    assert re.findall(r"\d+", error.value.what) == ["7", "8"]  # of the parts' eight, seven fit


def test_questions_have_the_members_and_strangers_that_their_stratum_says():
    spec = benchmark()
    world = draw_world(FACTS, spec)
    part_of = {gene: pathway.part for pathway in world for gene in pathway.genes}
    pathway_of = {gene: pathway.id for pathway in world for gene in pathway.genes}
    seen = set()
    for pathway in world:
        for split, questions in ask(pathway, world, spec).items():
            kind = "never" if pathway.part == "never" else "asked" if split == "test" else split
            assert len(questions) == 3 * {"train": 3, "valid": 2, "never": 2, "asked": 1}[kind]
            for one in questions:
                members, strangers = symbols(one) & set(pathway.genes), symbols(one) - set(pathway.genes)
                assert strangers == set(one.outliers)
                assert len({pathway_of[gene] for gene in strangers}) == len(strangers)  # no two of one pathway
                expected = {"no stranger": 0, "one stranger": 1, "as many strangers as members": 2}[one.stratum]
                assert len(strangers) == expected
                assert len(members) == 2 if expected == 2 else 2 <= len(members) <= 3
                if split == "train":  # else a pathway that is never asked would only ever be a stranger
                    assert {part_of[gene] for gene in strangers} <= {pathway.part}
                key = (pathway.id, frozenset(symbols(one)))
                assert key not in seen
                seen.add(key)


def test_the_subset_says_whether_training_asks_for_the_pathway():
    spec = benchmark()
    world = draw_world(FACTS, spec)
    asked = {pathway.part: ask(pathway, world, spec) for pathway in world}
    assert {part: sorted(splits) for part, splits in asked.items()} == {
        "sft": ["test", "train"],
        "grpo": ["test", "train"],
        "valid": ["valid"],
        "never": ["test"],
    }
    assert {row.subset for row in asked["sft"]["train"]} == {"sft"}
    assert {row.subset for row in asked["grpo"]["test"]} == {"asked"}
    assert {row.subset for part in ("valid", "never") for rows in asked[part].values() for row in rows} == {"never"}


def test_more_questions_than_there_are_sets_of_genes_are_an_error():
    spec = benchmark(strangers=["none"], questions=SETTINGS["questions"] | {"train": 11})  # 6 pairs and 4 triples
    world = draw_world(FACTS, spec)
    with pytest.raises(InputError) as error:
        ask(world[0], world, spec)
    assert error.value.field == "questions"


@pytest.mark.parametrize(
    "changes",
    [
        {"members": [1, 3]},
        {"members": [2, 5]},
        {"smallest": 3},
        {"largest": 3},
        {"strangers": ["two"]},
        {"parts": SETTINGS["parts"] | {"sft": 2}},  # of which a question wants two strangers
    ],
)
def test_settings_that_cannot_be_met_are_refused(changes):
    with pytest.raises(ValueError):
        benchmark(**changes)


NEVER = [set_of("t1", "Red path", "A", "B", pathway="P1"), set_of("t2", "Blue road", "C", "D", pathway="P2")]


def test_a_never_asked_pathway_in_a_training_question_and_a_repeated_set_are_leaks():
    questions = [
        set_of("q0", "Green lane", "X", "Y", pathway="P3"),
        set_of("q1", "Other name", "X", "Z", pathway="P1"),  # by id
        set_of("q2", "blue ROAD", "Y", "Z", pathway="P9"),  # by name
        set_of("q3", "Green lane", "B", "A", pathway="P3"),  # the genes of t1
    ]
    assert leaking(NEVER, questions) == {"asked": [1, 2], "same_question": [3]}
    asked = [set_of("t3", "Green lane", "X", "W", pathway="P3", subset="asked")]
    assert leaking(asked, questions)["asked"] == []


def audited(folder, tests, questions, statements=()):
    """The arguments of an audit of one benchmark, whose training questions and a warm-up's statements are learnt."""
    atomic.write_jsonl(folder / "book/test.jsonl", [row.model_dump() for row in tests])
    atomic.write_jsonl(folder / "book/train.jsonl", [row.model_dump() for row in questions])
    atomic.write_jsonl(folder / "said/train.jsonl", statements)
    facts = folder / "facts.parquet"
    FACTS.to_parquet(facts)
    said = Said("statements", "said", ("pretrain.said",), folder / "said/train.jsonl", facts)
    training = Training("training questions", "book", ("sft.names",), folder / "book/train.jsonl")
    audit = LeakSettings(benchmarks={}, tested=["book"], training=[training], statements=[said])
    return audit, {"book": Built(TASK, benchmark(), folder / "book")}


def test_the_audit_fails_for_what_is_asked_and_reports_what_is_read(tmp_path):
    said = [
        {"text": "A is in Red path.", "gene": "A", "object_id": "P1"},
        {"text": "x", "gene": "X", "object_id": "P3"},
    ]
    leaky = [set_of("q0", "Red path", "A", "C", pathway="P1", subset="sft")]
    findings = TASK.leaks.findings(*audited(tmp_path, NEVER, leaky, said))
    found = {finding.kind: (finding.remaining, finding.verdict) for finding in findings}
    assert found == {"asked": (1, "fails"), "same_question": (0, "clean"), "read": (1, "reported")}
    with pytest.raises(InputError) as error:
        check("demo", findings, TASK.leaks.fixes)
    assert (error.value.line, error.value.field) == (1, "asked")


def answer(row, text):
    return AnswerRow(id=row.id, subset=row.subset, sample=0, order=0, text=text, finish_reason="stop")


def scored(tests, answers, style):
    given = {"examples": tests, "answers": list(map(answer, tests, answers)), "file": Path("answers.jsonl")}
    return TASK.scoring.score(ScoringJob(benchmark=benchmark(), style=style, **given)).set_index("id")


def test_names_are_scored_and_drift_to_what_training_asks_is_told():
    style = TASK.Style.model_validate(STYLE | {"reasoning": "none"})
    tests = [*NEVER, set_of("t3", "Green lane", "X", "Y", pathway="P3", subset="asked")]
    table = scored(tests, ["Process: red path", "Process: Green lane", "no form"], style)
    assert table["exact"].tolist() == [1, 0, 0]
    assert table["drifted"].tolist() == [0, 1, 0]
    assert table["format"].tolist() == [1, 1, 0]
    assert table["reward_exact"].tolist() == [1, 0, 0]
    assert table["cluster"].tolist() == ["P1", "P2", "P3"]
    assert table.loc["t1", "shuffled_exact"] == 0  # it gets "Green lane"


def recital_question():
    of_gene = {"A": "Red path", "B": "Red path", "C": "Blue road", "D": "Green lane"}
    genes = [Gene(symbol=gene, facts=(Fact(relation=MEMBERSHIP, object=name),)) for gene, name in of_gene.items()]
    return Question(id="t1", subset="never", name="Red path", genes=genes)


def test_recited_facts_are_read_in_each_wording_and_judged():
    steps = [
        "A is a member of the pathway Red path.",
        "B belongs to the pathway red path.",
        "C is a member of the pathway Red path.",  # it is not
        "A is a member of the pathway Blue road.",  # A was told already
        "E is a member of the pathway Red path.",  # no gene of the question
        "D is found in Green lane.",  # no wording of memberships
    ]
    told = recited(steps, recital_question())
    assert told == [("A", "Red path", True), ("B", "red path", True), ("C", "Red path", False)]
    assert vote(told) == "red path"
    assert vote(told[1:2]) == "red path"
    assert vote([told[0], told[0]._replace(pathway="Green lane")]) == vote([]) == ""  # one vote each, and none


@pytest.mark.parametrize(
    ("recital", "name", "facts", "consistency"),
    [
        (["A Red path", "B Red path", "C Blue road", "D Green lane"], "Red path", 1, 1),
        (["A Red path", "B Red path", "C Red path"], "Red path", 0.25, 1),  # two right of four genes, one wrong
        (["A Red path", "B Red path"], "Blue road", 0.5, 0),  # not what was recited
        (["A Red path", "C Blue road"], "Red path", 0.5, 0),  # one vote each
        (["A Red path"], "Red path", 0.25, 0),  # one fact is no vote
        (["A Blue road", "B Blue road"], "Blue road", 0, 1),  # consistent, and wrong
        (["A Red path", "B Red path"], "", 0, 0),  # without a name nothing counts
        ([], "Red path", 0, 0),
    ],
)
def test_what_recitals_earn(recital, name, facts, consistency):
    steps = [told.replace(" ", " is a member of the pathway ", 1) + "." for told in recital]
    answer = TASK.parse(TASK.target(name, steps) if name else "\n".join(steps))
    values = {key: TASK.rewards()[key].values([answer], [recital_question()]) for key in ("facts", "consistency")}
    assert values == {"facts": [facts], "consistency": [consistency]}


def test_the_rows_of_prompts_keep_the_facts_that_rewards_need_and_show_none():
    style, question = TASK.Style.model_validate(STYLE), recital_question()
    chosen = TASK.with_choice(question, style)
    assert chosen.genes == question.genes and chosen.shown == ["A", "B", "C", "D"]
    assert "Red path" not in str(TASK.prompt(chosen, style).messages)


def test_recitals_are_scored_by_what_they_tell_and_by_the_name_behind_them():
    told = """Reasoning:
<think>A is a member of the pathway Red path.</think>
<think>C is a member of the pathway Red path.</think>
"""
    style = TASK.Style.model_validate(STYLE | {"reasoning": "before"})
    columns = ["recited", "recited_right", "as_recited", "exact"]
    question = recital_question()
    lines = scored([question], [told + "Process: Red path"], style).loc["t1", "recital"]
    assert lines == "✓ A: Red path\n✗ C: Red path"
    assert scored([question], [told + "Process: Red path"], style).loc["t1", columns].tolist() == [0.5, 0.5, 1, 1]
    assert scored([question], [told], style).loc["t1", columns].tolist() == [0.5, 0.5, 0, 0]  # it has no name
    tied = told.replace("C is a member of the pathway Red path", "C is a member of the pathway Blue road")
    assert scored([question], [tied], style).loc["t1", columns].tolist() == [0.5, 1, 0, 0]


def test_a_world_with_a_hierarchy_asks_for_parents_that_no_two_pathways_share():
    above = dict(
        zip(NAMES, ["Great whole", "Ocean", "Ocean", "Sky", "Desert", "Forest", "Mountain", "Glacier"], strict=True)
    )
    above |= {"Loose lane": "Loose ends", "Dull ditch": "Marsh"}  # a word in common; and a parent of its own
    names = [*above, "Orphan"]
    rows = [(child, PART_OF_PATHWAY, f"REAC:{parent}", parent, "above", "") for child, parent in above.items()]
    facts = pd.concat([memberships(pathways(names)), pd.DataFrame(rows, columns=FACT_COLUMNS)])
    spec = benchmark(hierarchy="above", strangers=["none"])
    world = draw_world(facts, spec)
    assert {pathway.name for pathway in world} < set(above) - {"Loose lane"}
    assert sorted(pathway.parent[1] for pathway in world) == sorted(set(above.values()) - {"Loose ends"})
    asked = [question for pathway in world for asked in ask(pathway, world, spec).values() for question in asked]
    for question in asked:
        assert question.name == above[question.through.name] and question.main_id == f"REAC:{question.name}"
        assert TASK.symbols(question)[-1] == question.through.name
        assert {i for i, _ in TASK.terms(question)} == {question.main_id, question.through.id}
    table = answers(facts, spec)
    assert table.loc[table["gene"] == "G0A", "object_name"].tolist() == ["Great whole"]


def test_a_recital_of_two_steps_ends_in_the_parent():
    question = recital_question().model_copy(
        update={"name": "Great whole", "through": Through(id="P0", name="Red path")}
    )
    steps = [
        "A is a member of the pathway Red path.",
        "B is a member of the pathway Red path.",
        "The pathway Red path is part of the pathway Great whole.",
    ]
    scores = recital_scores(steps, "Great whole", question)
    assert recital_scores([" ".join(steps)], "Great whole", question) == scores  # as sentences of one step
    assert scores["recital"].splitlines() == ["✓ A: Red path", "✓ B: Red path", "✓ Red path: Great whole"]
    assert (scores["recited"], scores["as_recited"]) == (0.5, 1)
    assert recital_scores(steps[:2], "Great whole", question)["as_recited"] == 0
    again = recital_scores([*steps, steps[-1]], "Great whole", question)
    assert (scores["sentences"], scores["repeated"]) == (3, 0) and (again["sentences"], again["repeated"]) == (4, 0.25)
    wrong = [*steps[:2], "The pathway Blue road is part of the pathway Great whole."]
    assert recital_scores(wrong, "Great whole", question)["recital"].splitlines()[-1] == "✗ Blue road: Great whole"


def test_baselines_know_what_they_say(tmp_path):
    facts = memberships({"P1": ("Red path", "ABEF"), "P2": ("Blue road", "CDGH"), "P3": ("Green lane", "XYZ")})
    facts.to_parquet(tmp_path / "facts.parquet")
    training = [
        set_of("q1", "Green lane", "X", "Y", pathway="P3"),
        set_of("q2", "Green lane", "X", "Z", pathway="P3"),
        set_of("q3", "Old street", "A", "W", pathway="P4"),
    ]
    asked = [set_of("t1", "Red path", "A", "B", "C", pathway="P1"), set_of("t2", "Blue road", "C", "D", pathway="P2")]
    files = {"facts": tmp_path / "facts.parquet"}
    job = BaselineJob(benchmark=benchmark(), style=None, files=files, training=training, asked=asked)
    table = TASK.baselines.score(job)
    answers = table.pivot(index="baseline", columns="id", values="answer").loc[:, ["t1", "t2"]]
    assert answers.loc["commonest name"].tolist() == ["Green lane", "Green lane"]
    assert answers.loc["nearest training set", "t1"] == "Old street"  # A of A, B, C and W
    assert answers.loc["over-representation"].tolist() == ["Red path", "Blue road"]
    assert table.groupby("baseline")["exact"].mean().to_dict() == {
        "commonest name": 0,
        "nearest training set": 0,
        "over-representation": 1,
    }


NAMED = ["red path", "red path", "x", "x", "x"]


def test_recalled_facts_vote_for_the_name():
    rows = [{"gene": gene, "rank": 1, "likeliest": name} for gene, name in zip("ABCDE", NAMED, strict=True)]
    questions = [
        set_of("t1", "Red path", "A", "B", "C"),  # two of three votes
        set_of("t2", "Red path", "A", "C"),  # a tie of two
        set_of("t3", "Red path", "B", "C", "D", subset="asked"),  # outvoted
        set_of("t4", "Red path", "A", "Q"),  # nobody asked for Q
    ]
    asked = Asked("model", "base", "facts", "said", "", None)
    whole, never, other = voted(asked, TASKS["closed_book"], rows, questions, 12.0)
    assert (whole.metric, whole.relation, list(whole.values)) == (VOTED, "", [1.0, 0.5, 0.0])
    assert (never.relation, list(never.values), other.relation, list(other.values)) == (
        "never",
        [1.0, 0.5],
        "asked",
        [0.0],
    )
    assert voted(asked, TASKS["closed_book"], rows[:1], questions, 12.0) == []


def test_a_built_benchmark_has_its_world_in_the_audit(tmp_path):
    FACTS.to_parquet(tmp_path / "facts.parquet")
    files = {"facts": tmp_path / "facts.parquet"}
    for asks, sizes in {"test": [54, 6, 24], "valid": [54, 0, 6]}.items():
        TASK.building.build(
            BuildingJob(benchmark=benchmark(asks=asks), name="book", folder=tmp_path / asks, files=files)
        )
        rows = [read_splits(tmp_path / asks, Question, part) for part in ("train", "valid", "test")]
        assert list(map(len, rows)) == sizes
        audit = atomic.read_json(tmp_path / asks / "audit.json")
        assert Counter(pathway["part"] for pathway in audit["pathways"]) == SETTINGS["parts"]
    table = tmp_path / "drawn.tsv"
    table.write_text("id\tname\nR1\tOf another collection\n")
    job = BuildingJob(
        benchmark=benchmark(drawn_before=str(table)),
        name="book",
        folder=tmp_path / "new",
        files=files | {"drawn_before": table},
    )
    with pytest.raises(InputError) as error:
        TASK.building.build(job)
    assert (error.value.file, error.value.field) == (table, "id")
    table.write_text("id\tname\nP0\tRed path\n")
    TASK.building.build(job)
    world = atomic.read_json(tmp_path / "new/audit.json")["pathways"]
    assert {"P0": "sft"}.items() <= {pathway["id"]: pathway["part"] for pathway in world}.items()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"collection": "pathway"}, "collection"),
        ({"relation": "member_of_pathways"}, "relation"),
        ({"leave_out": ["book"]}, "leave_out"),
    ],
)
def test_settings_that_would_do_nothing_are_refused_with_their_place(changes, field):
    def check_known(file, loc, name, valid, kind="name"):
        if name not in valid:
            raise refused(file, loc, f"unknown {kind}", "")

    def refused(file, loc, what, fix):
        return InputError(what, field=".".join(loc), fix=fix)

    folder = SimpleNamespace(check_known=check_known, error=refused)
    project = SimpleNamespace(folder=folder, corpora={"tiny": SimpleNamespace(sources=["pathways"])})
    TASK.checks.check_benchmark(project, "book", benchmark())
    with pytest.raises(InputError) as error:
        TASK.checks.check_benchmark(project, "book", benchmark(**changes))
    assert error.value.field == f"book.{field}"


@pytest.mark.parametrize(
    ("steps", "name", "wrong"),
    [
        (["A: Red path", "B: Red path", "Red path > Great whole"], "Great whole", ""),
        (["A: Red path", "B: Red path", "Red path > Great whole"], "Sky", "it names something else than it recited"),
        (["A: Red path", "B: Red path", "Red path > Sky"], "Sky", "what it says the pathway is part of is wrong"),
        (
            ["A: Red path", "B: Red path", "Blue road > Sky"],
            "Sky",
            "it goes on from another pathway than most of its facts name",
        ),
        (["A: Red path", "B: Red path"], "Sky", "it does not say what the pathway is part of"),
        (["A: Sky", "B: Sky", "C: Red path"], "Sky", "most of what it recites of the genes is another pathway"),
        (["Red path > Great whole"], "Sky", "it recites no pathway of these genes"),
    ],
)
def test_the_step_at_which_a_recital_goes_wrong_is_told(steps, name, wrong):
    through = Through(id="P0", name="Red path")
    question = recital_question().model_copy(update={"name": "Great whole", "through": through})
    told = [
        step.replace(": ", " is a member of the pathway ").replace(" > ", " is part of the pathway ") for step in steps
    ]
    told = [f"The pathway {step}." if " part of " in step else f"{step}." for step in told]
    assert recital_scores(told, name, question)["went_wrong"] == wrong
