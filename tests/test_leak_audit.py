"""The leak audit: a planted leak of each kind is caught, clean data are silent, and every policy acts."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import program_job
import pytest
import tiny_project
import yaml
from refusals import refused

import audit_leaks
import write_reasoning
import write_statements
from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.compile.benchmarks import benchmark_job
from reasonome.compile.facts import statement_settings
from reasonome.compile.leaks import audit_job
from reasonome.config.project.experiments import audit_plan
from reasonome.core import atomic
from reasonome.facts.sources.go import read_obo
from reasonome.jobs import Job, LeakSettings, Training
from reasonome.leaks import audit as leak_audit
from reasonome.task_parts import Built
from reasonome.tasks import load_project, open_project
from reasonome.tasks.naming import leaks as naming_leaks
from reasonome.tasks.naming import teaching
from reasonome.tasks.naming.leaks import HeldOut
from reasonome.tasks.naming.questions import Example, Fact, Gene, ShownTerm
from reasonome.tasks.naming.settings import AuditPolicy, NamingStyle
from reasonome.tasks.naming.splits import split
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.teaching.proposals import Proposal

CONFIG = Path(__file__).resolve().parent.parent / "config"
TRAINING = Training("training sets", "go", ("sft.names", "grpo.soft"), Path("train.jsonl"))
CORPUS = Training("statements", "human", ("pretrain.human",), Path("statements.jsonl"))
DROP = {"test_fact": "drop", "test_fact_by_descendant": "report", "test_name": "report"}


def gene_set(id, name, genes, **terms):
    known = {key: frozenset(values) for key, values in terms.items()}
    return GeneSet(id, "bp", name, frozenset(genes.split()), **known)


TESTS = [
    gene_set("GO:1", "DNA repair", "A B C D", synonyms=["mending of DNA"], ancestors=["GO:100"]),
    gene_set("GO:2", "cell cycle", "E F G", ancestors=["GO:200"]),
]
CLEAN = [gene_set("GO:8", "lipid transport", "X Y", ancestors=["GO:0"]), gene_set("GO:9", "vision", "A U V W")]


def bench(**policy) -> HeldOut:
    return HeldOut("bench", TESTS, AuditPolicy(**policy), 0.5, 0.9)


def only(findings, kind):
    (finding,) = [f for f in findings if f.kind == kind]
    return finding


# training sets


@pytest.mark.parametrize(
    ("planted", "kind", "test"),
    [
        (gene_set("GO:1", "x", "P Q"), "same_term", 0),
        (gene_set("GO:7", "Cell-cycle", "P Q"), "same_name", 1),
        (gene_set("R:7", "Mending of DNA", "P"), "same_name", 0),
        (gene_set("GO:7", "x", "G F E"), "identical_set", 1),
        (gene_set("GO:7", "x", "A B C P"), "jaccard", 0),
        (gene_set("GO:7", "x", "A B C D P Q R S T"), "containment", 0),
        (gene_set("GO:100", "x", "P"), "related_term", 0),
        (gene_set("GO:7", "x", "P", ancestors=["GO:2"]), "related_term", 1),
    ],
)
def test_a_planted_training_set_is_caught_and_named(planted, kind, test):
    findings = naming_leaks.set_findings(TRAINING, [*CLEAN, planted], bench(), {})
    finding = only(findings, kind)
    assert (finding.found, finding.remaining, finding.line) == (1, 1, 3)
    assert finding.example.startswith(f"{planted.id} '{planted.name}' (") and f"~ {TESTS[test].id} '" in finding.example
    assert finding.verdict == ("reported" if kind == "related_term" else "fails")
    others = {f.kind for f in findings if f.remaining} - {kind}
    # Identical sets have an index of 1, and lie inside each other.
    assert others == ({"jaccard", "containment"} if kind == "identical_set" else set())


def test_clean_training_sets_are_silent_and_counts_are_by_hand():
    findings = naming_leaks.set_findings(TRAINING, CLEAN, bench(), {"jaccard": 5, "same_name": 2})
    assert [f.kind for f in findings] == list(gene_sets.KINDS)
    assert all(f.verdict == "clean" for f in findings)
    assert {f.kind: (f.looked_at, f.found, f.dropped) for f in findings} == {
        "same_term": (4, 0, 0),
        "same_name": (4, 2, 2),
        "identical_set": (4, 0, 0),
        "jaccard": (4, 5, 5),
        "containment": (4, 0, 0),
        "related_term": (2, 0, 0),  # one of two training sets has a term with ancestors
    }
    closest = only(findings, "jaccard")
    # {A,U,V,W} and {A,B,C,D} share 1 of 7
    assert closest.highest_jaccard == 0.1429
    assert closest.example == "GO:9 'vision' (4 genes) ~ GO:1 'DNA repair' (4 genes)"
    leak_audit.check("demo", findings, naming_leaks.FIXES)


def test_sets_dropped_for_valid_sets_count_where_another_entry_asks_these(tmp_path, project):
    own = project.benchmarks["demo-go"].model_copy(update={"leave_out": ["other"]})
    other = own.model_copy(update={"seed": 7, "leave_out": []})
    benchmarks = {
        "go": own,
        "valid": own.model_copy(update={"asks": "valid"}),
        "other": other,
        "other-valid": other.model_copy(update={"asks": "valid"}),
    }
    atomic.write_jsonl(tmp_path / "go/train.jsonl", [TRAIN_ROW])
    atomic.write_json(
        tmp_path / "go/audit.json", {"dropped_from_train": {"jaccard": 7}, "dropped_for": {"other": {"jaccard": 2}}}
    )
    built = {name: Built(GeneSetNaming(), spec, tmp_path / name) for name, spec in benchmarks.items()}
    training = Training("training sets", "go", ("sft.go",), tmp_path / "go/train.jsonl")
    audit = LeakSettings(benchmarks={}, tested=[*benchmarks], training=[training])
    tested = [HeldOut(name, TESTS, AuditPolicy(), 0.5, 0.9) for name in benchmarks]
    findings = naming_leaks._audit_training(audit, built, tested, [])
    dropped = {finding.benchmark: finding.dropped for finding in findings if finding.kind == "jaccard"}
    assert dropped == {"go": 7, "valid": 7, "other": 2, "other-valid": 2}


# statements

FACTS = pd.DataFrame(
    [
        ("GO:1", "DNA repair"),
        ("GO:5", "vision"),
        ("R:1", "DNA Repair"),
        ("R:2", "Mending of DNA"),
        ("R:3", "DNA repair of plants"),
        ("NCBIGene:7", "E has a part in the Cell Cycle."),
        ("DNA repair, minor", "DNA-repair"),  # a GMT's set, whose id is its name
        ("R:4", "Gap Filling"),
    ],
    columns=["object_id", "object_name"],
)
NOTHING = pd.DataFrame(columns=["gene", "object_id", "object_name"])


def statement(text, gene, object_id):
    return pd.DataFrame([("V sees.", "V", "GO:5"), (text, gene, object_id)], columns=["text", "gene", "object_id"])


@pytest.mark.parametrize(
    ("gene", "object_id", "kind"),
    [
        ("A", "GO:1", "test_fact"),  # under its id
        ("A", "R:1", "test_fact"),  # under its name in another source
        ("A", "R:2", "test_fact"),  # under a synonym
        ("A", "GO:5\tR:1", "test_fact"),  # one statement for what two sources say
        ("V\tA", "GO:1", "test_fact"),  # about several genes
        ("A", "DNA repair, minor", "test_fact"),  # an id with a comma
        ("A", "GO:5\tDNA repair, minor", "test_fact"),
        ("X", "GO:1", None),  # X is not in the test set
        ("A", "R:3", None),  # another term
    ],
)
def test_a_test_fact_in_the_corpus_is_caught(gene, object_id, kind):
    text = "a planted statement"
    findings = naming_leaks.statement_findings(CORPUS, statement(text, gene, object_id), NOTHING, FACTS, bench(), DROP)
    fact = only(findings, "test_fact")
    assert (fact.remaining, fact.looked_at) == (int(kind == "test_fact"), 2)
    assert (fact.line, fact.example) == ((2, text) if kind else (None, ""))
    assert fact.verdict == ("fails" if kind else "clean")
    assert only(findings, "test_name").verdict == "clean"


OBO = """format-version: 1.2
default-namespace: biological_process

[Term]
id: GO:1
name: DNA repair

[Term]
id: GO:11
name: excision repair
alt_id: GO:12
is_a: GO:1

[Term]
id: GO:111
name: gap filling
relationship: part_of GO:11

[Term]
id: GO:5
name: vision
"""


@pytest.mark.parametrize(
    ("gene", "object_id", "told"),
    [
        ("A", "GO:11", 1),  # a child
        ("A\tB\tX", "GO:111", 2),  # two levels below, of two members and another gene
        ("A", "R:4", 1),  # under its name in another source
        ("X", "GO:11", 0),
        ("A", "GO:5", 0),
        ("E", "GO:11", 0),  # a member of another test term
        ("A", "GO:1", 0),  # the term itself is a test_fact
    ],
)
def test_a_fact_about_a_term_below_the_test_term_is_counted(tmp_path, gene, object_id, told):
    (tmp_path / "go.obo").write_text(OBO)
    ontologies = [read_obo(tmp_path / "go.obo")]
    left_out = pd.DataFrame([("D", "GO:111", "gap filling"), ("D", "GO:5", "vision")], columns=NOTHING.columns[:3])
    rows = statement("a planted statement", gene, object_id)
    for policy, verdict in (("report", "reported"), ("fail", "fails")):
        policies = DROP | {"test_fact_by_descendant": policy}
        findings = naming_leaks.statement_findings(CORPUS, rows, left_out, FACTS, bench(), policies, ontologies)
        below = only(findings, "test_fact_by_descendant")
        assert (below.remaining, below.dropped, below.looked_at) == (told, 1, 2)
        assert (below.verdict, below.line) == ((verdict, 2) if told else ("clean", None))
        assert only(findings, "test_fact").remaining == (object_id == "GO:1")
    if told:
        with refused(fix="set test_descendants of human in"):
            leak_audit.check("demo", findings, naming_leaks.FIXES)


@pytest.mark.parametrize(
    ("gene", "policy", "found"),
    [("E", "report", (1, "reported")), ("E", "fail", (1, "fails")), ("A", "fail", (0, "clean"))],
)
def test_a_test_name_in_free_text_about_its_gene_is_counted(gene, policy, found):
    rows = statement(f"{gene} has a part in the Cell Cycle.", gene, "NCBIGene:7")
    policies = {**DROP, "test_name": policy}
    left_out = pd.DataFrame(
        [("E", "R:9", "Cell cycle and more"), ("A", "R:9", "Cell cycle and more")], columns=NOTHING.columns[:3]
    )
    name = only(naming_leaks.statement_findings(CORPUS, rows, left_out, FACTS, bench(), policies), "test_name")
    assert (name.remaining, name.verdict) == found
    assert name.dropped == (
        gene == "A"
    )  # of the pair of E and its term nothing was left out where a statement tells it


def test_a_statement_about_one_test_term_may_hold_the_name_of_another():
    """Before, statements of test facts, which were reported, were not searched, so that no name failed the audit."""
    longer = gene_set("GO:3", "regulation of DNA repair", "A Z")
    tested = HeldOut("bench", [*TESTS, longer], AuditPolicy(), 0.5, 0.9)
    facts = pd.concat([FACTS, pd.DataFrame([("GO:3", longer.name)], columns=FACTS.columns)])
    policies = {"test_fact": "report", "test_fact_by_descendant": "report", "test_name": "fail"}

    def found(gene, kind):
        rows = statement(f"{gene} takes part in regulation of DNA repair.", gene, "GO:3")
        finding = only(naming_leaks.statement_findings(CORPUS, rows, NOTHING, facts, tested, policies), kind)
        return finding.remaining, finding.line, finding.verdict

    assert found("A", "test_fact") == found("Z", "test_fact") == (1, 2, "reported")
    assert found("A", "test_name") == (1, 2, "fails")  # A is in "DNA repair" too, and Z is not
    assert found("Z", "test_name") == (0, None, "clean")


def test_facts_left_out_are_counted_before_those_that_remain():
    left_out = pd.DataFrame(
        [
            ("A", "GO:1", "DNA repair"),
            ("A", "R:1", "DNA Repair"),  # the same membership again
            ("B", "R:2", "Mending of DNA"),
            ("C", "GO:1", "DNA repair"),  # said by a statement too
            ("X", "GO:1", "DNA repair"),  # not in the set
        ],
        columns=["gene", "object_id", "object_name"],
    )
    rows = statement("C repairs DNA.", "C", "GO:1")
    fact = only(naming_leaks.statement_findings(CORPUS, rows, left_out, FACTS, bench(), DROP), "test_fact")
    assert (fact.found, fact.dropped, fact.remaining) == (3, 2, 1)


# reasoning and prompts


def test_a_test_name_in_reasoning_is_caught():
    clean = {"proposed": "vision", "steps": ["A repairs.", "B sees DNA."]}
    planted = {"proposed": "vision", "steps": ["A sees.", "B is at work in DNA-repair."]}
    training = Training("reasoning", "gpt on go.names", ("sft.names",), Path("kept.jsonl"))
    finding = naming_leaks.reasoning_finding(training, [clean, planted], 4, bench(name_in_reasoning="drop"))
    assert (finding.looked_at, finding.found, finding.dropped, finding.remaining) == (2, 5, 4, 1)
    assert (finding.line, finding.verdict) == (2, "fails")
    assert finding.example == "'DNA repair' in: vision A sees. B is at work in DNA-repair."
    assert naming_leaks.reasoning_finding(training, [clean], 0, bench()).verdict == "clean"


STYLE = {
    "gene": "{symbol} ({name})",
    "separator": "; ",
    "system": "Name the set. If its genes have nothing in common, write: Process: System of unrelated proteins.",
    "user": "{genes}",
}


def prompt_findings(style: NamingStyle, *rows: Example, name="own", **policy):
    return naming_leaks.prompt_findings(name, GeneSetNaming(), style, rows, Path("test.jsonl"), bench(**policy))


def asked(style: NamingStyle, *rows: Example) -> list[tuple[str, int, int | None]]:
    """(kind, prompts looked at, line of the first that holds its name)."""
    return [(f.kind, f.looked_at, f.line) for f in prompt_findings(style, *rows)]


def example(name, gene_name="alpha", facts=(), **more) -> Example:
    told = tuple(Fact(relation="in", object=fact) for fact in facts)
    return Example(id="GO:1", subset="bp", name=name, genes=[Gene(symbol="A", name=gene_name, facts=told)], **more)


def test_the_true_name_in_a_prompt_is_told_from_one_inside_a_gene_name():
    style = NamingStyle(**STYLE, budget_tokens=99, facts={"most": 1, "budget_tokens": 99, "fact": "{object}"})
    synonyms = ["release of insulin"]
    rows = [
        example("vision"),
        example("cell cycle", "Cell Cycle kinase"),
        example("transport"),
        example("insulin secretion", "insulin", ["Release of insulin"], synonyms=synonyms),
        example("insulin secretion", "insulin secretion factor", ["insulin secretion"], synonyms=synonyms),
    ]
    on_its_own, in_gene_name = prompt_findings(style, *rows)
    assert on_its_own.kind == "name_in_prompt" and on_its_own.example == "'release of insulin'"
    assert (on_its_own.looked_at, on_its_own.remaining, on_its_own.line, on_its_own.verdict) == (5, 2, 4, "fails")
    assert (in_gene_name.kind, in_gene_name.remaining, in_gene_name.verdict) == ("name_in_gene_name", 1, "reported")
    assert (in_gene_name.example, in_gene_name.line) == ("'cell cycle'", 2)
    assert [f.verdict for f in prompt_findings(style, *rows[:1])] == ["clean"] * 2
    # A style with facts fails unless the policy names it; one without is reported unless the policy does.
    reported = prompt_findings(style, *rows, name="facts", name_in_prompt={"facts": "report"})
    assert [f.verdict for f in reported] == ["reported"] * 2
    told = NamingStyle(**STYLE | {"user": "Vision? {genes}"}, budget_tokens=99)
    for policy, verdict in (({}, "reported"), ({"name_in_prompt": {"own": "fail"}}, "fails")):
        assert prompt_findings(told, rows[0], **policy)[0].verdict == verdict


def test_a_synonym_in_a_prompt_is_seen():
    style = NamingStyle(**STYLE | {"user": "Is it mending of DNA, or BER? {genes}"}, budget_tokens=9)
    rows = [example("DNA repair", synonyms=["BER"]), example("DNA repair", synonyms=["Mending of DNA"])]
    assert asked(style, *rows)[0] == ("name_in_prompt", 2, 2)


# policies


@pytest.mark.parametrize(("policy", "verdict"), [("report", "reported"), ("drop", "fails"), ("fail", "fails")])
@pytest.mark.parametrize("kind", gene_sets.KINDS)
def test_each_policy_acts_on_each_kind(kind, policy, verdict):
    planted = gene_set("GO:1", "DNA repair", "A B C D", ancestors=["GO:2"])
    findings = naming_leaks.set_findings(TRAINING, [planted], bench(**{kind: policy}), {})
    assert only(findings, kind).verdict == verdict


def test_a_failure_names_file_line_kind_and_fix_and_others_are_printed(capsys):
    planted = gene_set("GO:1", "Cell cycle", "P Q")
    findings = naming_leaks.set_findings(TRAINING, [*CLEAN, planted], bench(), {})
    with refused("train.jsonl", 3, "same_term", fix="add bench to leave_out of go in benchmarks.yaml"):
        leak_audit.check("demo", findings, naming_leaks.FIXES)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in printed] == ["same_term", "same_name"]


def test_a_policy_for_an_unknown_style_is_refused(tmp_path):
    config = config_with(tmp_path, benchmarks={"demo-go": {"audit": {"name_in_prompt": {"fact": "report"}}}})
    with refused(field="demo-go.audit.name_in_prompt.fact", fix="did you mean 'facts'?"):
        load_project(config)


def config_with(folder: Path, **changes) -> Path:
    """The shipped configuration with benchmarks and corpora changed: {file: {entry: values}}."""
    config = tiny_project.copied_config(folder)
    for file, entries in changes.items():
        path = config / f"{file}.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, values in entries.items():
            content[name] |= values
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return config


def with_other_benchmark(config: Path) -> None:
    """The demo experiment is also asked the benchmark `go`, which none of its steps is trained on."""
    path = config / "experiments" / "demo.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("benchmarks: [demo-go]", "benchmarks: [demo-go, go]"))


def test_another_benchmark_is_left_out_of_training_sets_and_statements_or_refused(tmp_path):
    config = config_with(tmp_path, corpora={"demo": {"leave_out": ["demo-go", "go"]}})
    with_other_benchmark(config)
    with refused(
        "experiments/demo.yaml", field="arms.KW+RA.1", fix="add go to leave_out of demo-go in benchmarks.yaml"
    ):
        load_project(config)
    for number, changes in enumerate(
        ({"demo-go": {"leave_out": ["go"]}}, {"go": {"audit": dict.fromkeys(gene_sets.KINDS, "fail")}})
    ):
        (folder := tmp_path / str(number)).mkdir()
        config = config_with(folder, corpora={"demo": {"leave_out": ["demo-go", "go"]}}, benchmarks=changes)
        with_other_benchmark(config)
        plan = audit_plan(load_project(config), "demo")
        assert plan.benchmarks == ["demo-go", "go"] and list(plan.training) == ["demo-go"]


@pytest.mark.parametrize("policy", ["report", "fail"])
def test_statements_that_are_not_dropped_are_left_to_the_audit(tmp_path, policy):
    config = config_with(tmp_path, corpora={"demo": {"leave_out": [], "test_facts": policy}})
    assert list(audit_plan(load_project(config), "demo").corpora) == ["demo"]


def test_benchmarks_that_leave_each_other_out_are_refused(tmp_path):
    config = config_with(tmp_path, benchmarks={"demo-go": {"leave_out": ["go"]}, "go": {"leave_out": ["demo-go"]}})
    with refused(field="demo-go.leave_out", fix="let only one of two benchmarks leave the"):
        load_project(config)


@pytest.mark.parametrize(
    ("policy", "trained"), [("drop", ["GO:8"]), ("report", ["GO:7", "GO:8"]), ("fail", ["GO:7", "GO:8"])]
)
def test_a_training_set_is_dropped_for_another_benchmark_as_its_policy_says(project, policy, trained):
    own = project.benchmarks["demo-go"]
    built = own.model_copy(
        update={"subsets": {"bp": own.subsets["bp"].model_copy(update={"test": 1, "valid": 1, "train": None})}}
    )
    other = own.model_copy(update={"audit": AuditPolicy(same_name=policy)})
    sets = [gene_set(f"GO:{i}", f"name {i}", f"G{i} H{i}") for i in range(7, 11)]
    order = split({"bp": sets}, built)[0]
    held = {s.id for part in ("test", "valid") for s in order[part]}
    free = [s for s in sets if s.id not in held]
    planted = {free[0].id: "GO:7", free[1].id: "GO:8"}  # whichever two the seed leaves for training
    left_out = {"other": (other, [gene_set("R:1", free[0].name, "X Y")])}
    splits, report, _ = split({"bp": sets}, built, left_out=left_out)
    assert sorted(planted[s.id] for s in splits["train"]) == trained
    assert report["dropped_for"] == {"other": {"same_name": 1} if policy == "drop" else {}}


# enriched terms in prompts


def shown_term(id, name, overlap=2, drawn=3, size=9):
    return ShownTerm(library="GO BP", id=id, name=name, overlap=overlap, drawn=drawn, size=size)


def question(*terms, id="GO:5", name="vision", **more):
    genes = [Gene(symbol=symbol) for symbol in "UVW"]
    return Example(id=id, subset="bp", name=name, genes=genes, shown=list("UVW"), enriched=[*terms], **more)


@pytest.mark.parametrize(
    "planted", [shown_term("GO:1", "x"), shown_term("GO:7", "Cell-cycle"), shown_term("R:7", "Mending of DNA")]
)
def test_a_training_question_that_shows_a_test_term_is_caught(planted):
    training = Training("training prompts", "go.enriched", ("sft.enriched",), Path("train.jsonl"))
    other = shown_term("GO:8", "DNA repair in the dark")  # whose name holds a test term's, and is another
    rows = [question(other), question(other, planted), question()]
    finding = naming_leaks.held_out_term_finding(training, rows, bench())
    assert (finding.kind, finding.looked_at, finding.remaining, finding.line) == ("held_out_term", 3, 1, 2)
    assert (finding.example, finding.verdict) == (f"{planted.id} '{planted.name}'", "fails")
    assert naming_leaks.held_out_term_finding(training, rows, bench(held_out_term="report")).verdict == "reported"
    assert naming_leaks.held_out_term_finding(training, rows[:1], bench()).verdict == "clean"


@pytest.mark.parametrize("planted", ["Cell-cycle", "Mending of DNA"])
def test_a_training_question_that_shows_a_fact_about_a_test_term_is_caught(planted):
    def told(*objects):
        facts = tuple(Fact(relation="involved_in", object=name) for name in objects)
        return Example(id="R:5", subset="x", name="sight", genes=[Gene(symbol="U"), Gene(symbol="A", facts=facts)])

    training = Training("training prompts", "pathways.facts", ("sft.facts",), Path("train.jsonl"))
    rows = [told("DNA repair in the dark"), told("vision", planted)]
    finding = naming_leaks.held_out_term_finding(training, rows, bench())
    assert (finding.kind, finding.remaining, finding.line, finding.verdict) == ("held_out_term", 1, 2, "fails")
    assert finding.example == f"A: involved_in '{planted}'"
    assert naming_leaks.held_out_term_finding(training, rows[:1], bench()).verdict == "clean"


WITH_TERMS = NamingStyle(
    system="", user="{terms} {genes}", gene="{symbol}", budget_tokens=100, terms={"most": 9, "budget_tokens": 300}
)


@pytest.mark.parametrize(
    ("withheld", "term", "found"),
    [
        ("own", shown_term("GO:5", "x"), True),
        ("own", shown_term("GO:6", "Vision"), True),
        ("own", shown_term("GO:6", "x", 3, 3, 3), True),  # the same genes
        ("own", shown_term("GO:6", "regulation of vision", 3, 3, 4), False),
        ("family", shown_term("GO:6", "regulation of vision"), True),
        ("family", shown_term("GO:6", "x", 2, 3, 3), True),  # Jaccard index 2 of 4
        ("family", shown_term("GO:6", "x", 2, 3, 4), False),  # 2 of 5
        ("nothing", shown_term("GO:5", "vision", 3, 3, 3), False),
    ],
)
def test_a_prompt_that_shows_a_term_that_is_withheld_is_caught(withheld, term, found):
    def told(style):
        rows = [question(shown_term("GO:8", "sight")), question(term, withheld=withheld)]
        findings = naming_leaks.prompt_findings("enriched", GeneSetNaming(), style, rows, Path("test.jsonl"), bench())
        return only(findings, "withheld_term")

    finding = told(WITH_TERMS)
    assert (finding.remaining, finding.line) == ((1, 2) if found else (0, None))
    assert finding.verdict == ("fails" if found else "clean")
    control = WITH_TERMS.model_copy(update={"terms": WITH_TERMS.terms.model_copy(update={"control": "other"})})
    assert told(control).verdict == ("reported" if found else "clean")


def test_a_name_may_stand_in_a_prompt_of_which_nothing_is_withheld():
    longer = shown_term("GO:8", "vision of the dark")
    rows = [
        question(longer),
        question(shown_term("GO:5", "vision"), withheld="nothing"),
        question(longer, withheld="own"),
    ]
    findings = naming_leaks.prompt_findings("enriched", GeneSetNaming(), WITH_TERMS, rows, Path("test.jsonl"), bench())
    in_prompt = only(findings, "name_in_prompt")
    assert (in_prompt.looked_at, in_prompt.remaining, in_prompt.line, in_prompt.verdict) == (2, 2, 1, "reported")


# the program, on a hand-made experiment of the shipped configuration

GAF = {"gaf": {"path": "resources/demo/goa_human.gaf.gz"}}
TEST_ROW = {"id": "GO:1", "subset": "bp", "name": "DNA repair", "genes": [{"symbol": g, "name": ""} for g in "ABCD"]}
TRAIN_ROW = {"id": "GO:9", "subset": "bp", "name": "vision", "genes": [{"symbol": g, "name": ""} for g in "UVW"]}
TRACE = {"id": "GO:9", "subset": "bp", "name": "vision", "proposed": "vision", "steps": ["U sees."], "similarity": 1.0}


@pytest.fixture
def results(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources").symlink_to(CONFIG.parent / "resources")
    root = tmp_path / "results"
    benchmark = root / "benchmarks" / "demo-go"
    atomic.write_jsonl(benchmark / "test.jsonl", [TEST_ROW])
    atomic.write_jsonl(benchmark / "train.jsonl", [TRAIN_ROW])
    for style in ("demo-names", "symbols"):
        atomic.write_jsonl(root / "prompts" / f"demo-go.{style}" / "test.jsonl", [TEST_ROW | {"shown": list("BDAC")}])
    atomic.write_json(benchmark / "audit.json", {"dropped_from_train": {"jaccard": 7}})
    corpus = root / "statements" / "demo"
    said = {
        "text": "V takes part in vision.",
        "gene": "V",
        "relation": "involved_in",
        "object_id": "GO:9",
        "source": "go",
    }
    atomic.write_jsonl(corpus / "train.jsonl", [said])
    columns = ["gene", "relation", "object_id", "object_name", "source", "evidence"]
    facts = [
        ("A", "involved_in", "GO:1", "DNA repair", "go", "IDA"),
        ("V", "involved_in", "GO:9", "vision", "go", "IDA"),
    ]
    pd.DataFrame(facts[:1], columns=columns).to_csv(corpus / "left_out.tsv", sep="\t", index=False)
    (root / "facts" / "demo").mkdir(parents=True)
    pd.DataFrame(facts, columns=columns).to_parquet(root / "facts" / "demo" / "facts.parquet")
    for style in ("demo-names", "symbols"):
        atomic.write_jsonl(root / "reasoning" / "knowledge-given" / f"demo-go.{style}.jsonl", [TRACE])
        atomic.write_jsonl(root / "reasoning" / "knowledge-given" / f"demo-go.{style}.dropped.jsonl", [])
    return root


def run(monkeypatch, results: Path, config: Path | None = None) -> pd.DataFrame:
    config = config or tiny_project.copied_config(results.parent)
    folder = results / "experiments" / "demo"
    job = audit_job(open_project(config), "demo", {"json": folder / "audit.json", "table": folder / "audit.tsv"})
    (results.parent / "job.json").write_text(job.to_json())
    monkeypatch.setattr(sys, "argv", ["audit_leaks.py", str(results.parent / "job.json")])
    audit_leaks.main()
    return pd.read_csv(folder / "audit.tsv", sep="\t", keep_default_na=False)


def test_the_program_writes_a_row_for_each_pair_and_kind(monkeypatch, results):
    table = run(monkeypatch, results)
    assert list(table.columns) == leak_audit.COLUMNS
    assert table.groupby("data", sort=False)["kind"].agg(list).to_dict() == {
        "training sets": list(gene_sets.KINDS),
        "statements": ["test_fact", "test_fact_by_descendant", "test_name"],
        "reasoning": ["name_in_reasoning"],
        "prompts": ["name_in_prompt", "name_in_gene_name"],
    }
    assert set(table["verdict"]) == {"clean"}
    assert set(table["kind"]) <= leak_audit.LEAK_KINDS.keys()
    by_kind = table.drop_duplicates("kind").set_index("kind")
    assert by_kind.loc["jaccard", ["found", "dropped", "remaining"]].tolist() == [7, 7, 0]
    assert by_kind.loc["test_fact", ["found", "dropped", "remaining"]].tolist() == [1, 1, 0]
    assert by_kind.loc["same_term", "used_by"] == "sft.names, grpo.soft"
    written = json.loads((results / "experiments" / "demo" / "audit.json").read_text())
    assert [row["kind"] for row in written["findings"]] == table["kind"].tolist()
    shared = {(row["data"], row["training"]): row["sources"] for row in written["same_source"]}
    assert shared == {("training sets", "demo-go"): ["go-demo (GO)"], ("statements", "demo"): ["go-demo (GO)"]}


def test_the_program_fails_and_writes_nothing_where_a_leak_remains(monkeypatch, results):
    atomic.write_jsonl(results / "benchmarks" / "demo-go" / "train.jsonl", [TRAIN_ROW, TEST_ROW])
    with refused(
        "results/benchmarks/demo-go/train.jsonl", 2, "same_term", fix="add demo-go to leave_out of demo-go in"
    ):
        run(monkeypatch, results)
    assert not (results / "experiments").exists()


def test_a_variant_among_training_sets_is_the_set_that_it_is_of(monkeypatch, results):
    variant = TEST_ROW | {"id": "GO:1-50", "genes": TRAIN_ROW["genes"], "term": "GO:1", "withheld": "nothing"}
    atomic.write_jsonl(results / "benchmarks" / "demo-go" / "train.jsonl", [TRAIN_ROW, variant])
    with refused(line=2, fix="add demo-go to leave_out of demo-go in"):
        run(monkeypatch, results)


def test_training_prompts_with_enriched_terms_are_looked_at(monkeypatch, results, tmp_path):
    config = tiny_project.copied_config(tmp_path)
    shutil.copy(config / "prompts/gene_set_naming.enriched.txt", config / "prompts/gene_set_naming.demo-names.txt")
    term = {"library": "GO BP", "id": "GO:1", "name": "x", "overlap": 2, "drawn": 3, "size": 9}
    prompts = results / "prompts" / "demo-go.demo-names"
    asked = {"shown": [], "enriched": []}
    atomic.write_jsonl(prompts / "train.jsonl", [TRAIN_ROW | asked, TRAIN_ROW | asked | {"enriched": [term]}])
    atomic.write_jsonl(prompts / "test.jsonl", [TEST_ROW | asked])
    with refused(line=2, fix="add demo-go to leave_out of the benchmark of"):
        run(monkeypatch, results, config)


def test_training_prompts_with_facts_are_looked_at(monkeypatch, results, tmp_path):
    config = tiny_project.copied_config(tmp_path)
    shutil.copy(config / "prompts/gene_set_naming.facts.txt", config / "prompts/gene_set_naming.demo-names.txt")
    told = {"symbol": "U", "facts": [{"relation": "member_of_pathway", "object": "DNA Repair"}]}
    prompts = results / "prompts" / "demo-go.demo-names"
    atomic.write_jsonl(prompts / "train.jsonl", [TRAIN_ROW, TRAIN_ROW | {"genes": [told], "shown": ["U"]}])
    with refused(line=2, fix="add demo-go to leave_out of the benchmark of"):
        run(monkeypatch, results, config)


@pytest.mark.parametrize(("policy", "said"), [("drop", {"GO:9"}), ("fail", {"GO:1", "GO:9"})])
def test_statements_of_test_facts_are_left_out_as_the_corpus_says(monkeypatch, results, tmp_path, policy, said):
    config = config_with(
        tmp_path, corpora={"demo": {"test_facts": policy, "held_out": 0.001, "tokenizer": None, "only": None}}
    )
    atomic.write_jsonl(results / "benchmarks" / "demo-go" / "valid.jsonl", [])
    folder = results / "statements" / "demo"
    outputs = {"train": folder / "train.jsonl", "manifest": folder / "manifest.json"}
    settings = statement_settings(load_project(config), "demo")
    inputs = {"facts": results / "facts/demo/facts.parquet"}
    job = Job(rule="write_statements", inputs=inputs, outputs=outputs, settings=settings)
    program_job.run(write_statements, tmp_path, job)
    assert {row["object_id"] for row in atomic.read_jsonl(folder / "train.jsonl")} == said
    if policy == "drop":
        run(monkeypatch, results, config)
    elif policy == "fail":
        with refused(fix="add demo-go to leave_out of demo in"):
            run(monkeypatch, results, config)
    else:
        table = run(monkeypatch, results, config).set_index("kind")
        assert table.loc["test_fact", ["remaining", "verdict"]].tolist() == [1, "reported"]


@pytest.mark.parametrize(("policy", "kept"), [("drop", 0), ("fail", 1)])
def test_reasoning_that_names_a_test_term_is_dropped_as_the_policy_says(monkeypatch, results, tmp_path, policy, kept):
    config = config_with(tmp_path, benchmarks={"demo-go": {"audit": {"name_in_reasoning": policy}}})
    proposal = Proposal("GO:9", "bp", "vision", ["U takes part in DNA repair.", "V sees."])
    encoder = SimpleNamespace(similarity=lambda proposed, true: [1.0] * len(proposed))
    monkeypatch.setattr(teaching, "load_encoders", lambda folders: {"minilm": encoder})
    monkeypatch.setattr(teaching, "load_judge", lambda *_: None)
    monkeypatch.setattr(teaching, "propose_from_facts", lambda *_, **__: [proposal])
    monkeypatch.setattr(teaching, "judged", lambda judge, proposals, *_: proposals)
    asked, output = (
        results / "prompts" / "demo-go.demo-names",
        results / "reasoning" / "knowledge-given" / "demo-go.demo-names.jsonl",
    )
    atomic.write_jsonl(asked / "train.jsonl", [TRAIN_ROW])
    atomic.write_jsonl(asked / "valid.jsonl", [])
    outputs = {"kept": output, "dropped": output.with_suffix(".dropped.jsonl")}
    project, about = load_project(config), ("demo-go", "demo-names", "knowledge-given")
    found = project.task("demo-go").files.teaching(project, *about)
    job = benchmark_job(project, "write_reasoning", about, found, {"train": asked / "train.jsonl"}, outputs)
    program_job.run(write_reasoning, tmp_path, job)
    assert len(atomic.read_jsonl(output)) == kept
    if policy == "fail":
        with refused(field="name_in_reasoning", fix="set audit.name_in_reasoning of demo-go in"):
            run(monkeypatch, results, config)
        return
    found = run(monkeypatch, results, config).set_index("kind").loc["name_in_reasoning"]
    assert found[["found", "dropped", "remaining"]].tolist() == [1, 1 - kept, kept]


def test_synonyms_come_from_the_ontology(monkeypatch, results, tmp_path):
    (tmp_path / "go.obo").write_text(
        "format-version: 1.2\n\n[Term]\nid: GO:1\nname: DNA repair\nnamespace: biological_process\n"
        'synonym: "Vision" EXACT []\n'
    )
    config = config_with(tmp_path, sources={"go-demo": {"files": {"obo": {"path": "go.obo"}, **GAF}}})
    with refused("demo-go/train.jsonl", 1, "same_name", fix="add demo-go to leave_out of demo-go in"):
        run(monkeypatch, results, config)
