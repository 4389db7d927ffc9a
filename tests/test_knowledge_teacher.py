"""The knowledge teacher on facts small enough to score by hand, and on many made-up ones."""

import random
import re

import pytest
from traced_sets import background, gene_set, table

from reasonome.config.teachers import RecallTeacher
from reasonome.facts.selection import StatedFact
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.tasks.naming.teaching import NO_FACTS, NOTHING_SHARED, propose_from_facts, recited, said_of
from reasonome.tasks.naming.traces import TraceJudge


def symbols(example):
    return [gene.symbol for gene in example.genes]


# A thousand other genes, so that no object is one of most genes.
MANY = ("GO:00", "all other genes", " ".join(f"OTHER{n}" for n in range(1000)), "")


def write(sets, facts, above=(MANY,), **options):
    judge = TraceJudge(facts, background(*above))
    return propose_from_facts(sets, facts, judge, **{"seed": 0, "shown_genes": symbols} | options)


def test_the_ending_is_what_is_least_likely_shared_by_chance():
    """Of 1,000 genes four have excision, among them A, B and C; two have joining: A and B."""
    facts = table(("A B C D", "involved_in", "GO:1", "base excision"), ("A B", "involved_in", "GO:2", "end joining"))
    [proposal] = write([gene_set("GO:9", "nick sealing")], facts)
    assert (proposal.id, proposal.subset, proposal.proposed) == ("GO:9", "bp", "nick sealing")
    assert proposal.problem == "" and "base excision" in proposal.steps[-1]


@pytest.mark.parametrize(
    "own",
    [
        gene_set("GO:1", "excision of bases"),
        gene_set("GO:8", "Base-Excision"),
        gene_set("GO:8", "x", main_id="GO:1"),
        gene_set("GO:8", "x", synonyms=["base excision"]),
    ],
    ids=["same id", "same name in another spelling", "alternative id", "synonym"],
)
def test_the_own_term_is_no_fact(own):
    facts = table(("A B C D", "involved_in", "GO:1", "base excision"), ("A B", "involved_in", "GO:2", "end joining"))
    [proposal] = write([own], facts)
    assert proposal.proposed == own.name
    assert "excision" not in " ".join(proposal.steps) and "end joining" in proposal.steps[-1]
    [alone] = write([own], facts[facts["object_id"] != "GO:2"])
    assert alone.problem == NO_FACTS


def test_the_ending_is_the_most_specific_fact_that_bears_on_the_name():
    """Export is rarer (two genes), but has nothing to do with the name; strand has."""
    facts = table(
        ("A B", "involved_in", "GO:1", "vesicle export"),
        ("A B C", "member_of_pathway", "R:1", "Strand sensing"),
        ("A B C D", "member_of_pathway", "R:2", "Strand turnover"),
        (" ".join(f"OTHER{n}" for n in range(30)), "member_of_pathway", "R:2", "Strand turnover"),
    )
    [proposal] = write([gene_set("GO:9", "strand sealing", "A B C D F")], facts)
    assert proposal.proposed == "strand sealing"
    assert re.fullmatch(
        r"[ABC], [ABC] and [ABC] (all )?(belong to pathway|share the pathway) Strand sensing; F is not explained.",
        proposal.steps[-1],
    )
    assert re.fullmatch(r"D belongs to pathway Strand turnover.", proposal.steps[0])  # the gene that is left, alone
    [unrelated] = write([gene_set("GO:9", "xylem", "A B C D F")], facts)
    assert "Strand sensing" in unrelated.steps[-1]  # the rarest of half of the genes: whether it follows is judged


def test_an_ending_of_half_of_the_genes_goes_before_a_rarer_one_of_fewer():
    facts = table(
        ("A B", "member_of_pathway", "R:1", "Strand nicking"),
        ("A B C D E OTHER1", "member_of_pathway", "R:2", "Strand breaking"),
    )
    [proposal] = write([gene_set("GO:9", "strand sealing", "A B C D F")], facts)
    assert "Strand breaking" in proposal.steps[-1] and "F is not explained" in proposal.steps[-1]
    few = facts[~((facts["object_id"] == "R:2") & facts["gene"].isin(["C", "D"]))]
    [proposal] = write([gene_set("GO:9", "strand sealing", "A B C D F")], few)
    assert "Strand nicking; the others are not explained." in proposal.steps[-1]  # two of five: the rarest of these


ABOVE = (
    ("GO:0", "all there is", " ".join(["A", "B", "C", *(f"OTHER{n}" for n in range(60))]), ""),
    ("GO:1", "strand repair", "A B C", "GO:0"),
    ("GO:2", "base excision", "A", "GO:1"),
    ("GO:3", "end joining", "B", "GO:1"),
    ("GO:4", "joining with a patch", "C", "GO:3"),
)
DIRECT = table(
    ("A", "involved_in", "GO:2", "base excision"),
    ("B", "involved_in", "GO:3", "end joining"),
    ("C", "involved_in", "GO:4", "joining with a patch"),
)


def test_genes_have_the_terms_above_those_of_their_facts():
    """A, B and C share no term, but repair is above all of theirs; the root is of all genes, and never said."""
    [proposal] = write([gene_set("GO:9", "x")], DIRECT, ABOVE)
    assert "strand repair" in proposal.steps[-1]
    held = [("GO:1", "strand repair")]
    [proposal] = write([gene_set("GO:9", "x")], DIRECT, ABOVE, held_out=held)
    assert "end joining" in proposal.steps[-1]  # of B and C
    [proposal] = write([gene_set("GO:9", "x")], DIRECT, ABOVE, held_out=[("X", "Strand  repair")])
    assert "end joining" in proposal.steps[-1]


def test_what_the_own_term_alone_puts_below_a_term_is_no_evidence_of_that():
    """Without end joining itself, B has nothing; C has what is below it, but not the set's term."""
    [proposal] = write([gene_set("GO:3", "end joining", "A B C")], DIRECT, ABOVE)
    assert proposal.steps[-1].endswith("strand repair; B is not explained.")
    assert re.match(r"(Both )?[AC] and [AC] ", proposal.steps[-1])


def test_what_was_found_not_to_hold_is_never_said():
    facts = table(
        ("A B C", "NOT|involved_in", "GO:1", "base excision"),
        ("A B C", "involved_in", "GO:0008150", "process of any kind", "ND"),
        ("A B D", "involved_in", "GO:2", "end joining"),
    )
    [proposal] = write([gene_set("GO:9", "x")], facts)
    assert "end joining" in proposal.steps[-1]
    assert not re.search("excision|any kind", " ".join(proposal.steps))


def test_sets_with_nothing_to_say_get_a_reason():
    sets = [gene_set("GO:7", "x", "A Z"), gene_set("GO:8", "y", "Y Z"), gene_set("GO:6", "z", "A C")]
    facts = table(("A", "involved_in", "GO:1", "base excision"), ("C", "enables", "GO:2", "ATP trapping"))
    assert [one.problem for one in write(sets, facts)] == [NOTHING_SHARED, NO_FACTS, NOTHING_SHARED]


def test_genes_that_the_prompt_leaves_out_are_neither_named_nor_counted():
    facts = table(("A B C D", "involved_in", "GO:1", "base excision"), ("A B", "involved_in", "GO:2", "end joining"))
    [proposal] = write([gene_set("GO:9", "x")], facts, shown_genes=lambda example: ["A", "C"])
    assert "base excision" in proposal.steps[-1]  # joining is A's alone now
    assert re.search(r"\b[AC] and [AC]\b", proposal.steps[-1])
    assert not re.search(r"\bB\b", " ".join(proposal.steps))


def test_all_genes_are_counted_and_many_are_not_listed():
    facts = table(("A B C D", "involved_in", "GO:1", "base excision"))
    [four] = write([gene_set("GO:8", "x", "A B C D")], facts)
    assert re.match(r"(All|The) 4 (of these )?genes (all )?(take part|act) in base excision, ", four.steps[-1])
    facts = table(("A B C D E F", "involved_in", "GO:1", "base excision"))
    [six] = write([gene_set("GO:8", "x", "A B C D E F G")], facts)
    assert re.match(r"([A-F], ){4}[A-F] and others (all )?(take part|act) in base excision; G is not", six.steps[-1])


def made_up(count, genes, objects, facts, seed=0):
    """Sets of 4-12 genes and distinct facts with names `obj17 of 17`, half of them processes."""
    chance = random.Random(seed)
    relations = ["involved_in", "involved_in", "enables", "located_in", "member_of_pathway", "in_gene_group"]
    drawn = {(f"G{chance.randrange(genes)}", chance.randrange(objects)) for _ in range(facts)}
    frame = table(*((gene, relations[o % 6], f"GO:{o}", f"object {o}") for gene, o in sorted(drawn)))
    members = frame.groupby("object_id")["gene"].agg(list).to_dict()
    sets = []
    for n in range(count):
        genes_of_set = members.get(f"GO:{n}", ["G0"])[: chance.randint(4, 12)]
        sets.append(gene_set(f"GO:{n}", f"object {n}", " ".join(genes_of_set)))
    return sets, frame


@pytest.mark.slow
def test_every_sentence_is_true_of_the_genes_it_names():
    sets, facts = made_up(count=150, genes=300, objects=300, facts=9_000)
    objects = facts.groupby("gene")["object_name"].agg(set).to_dict()
    forms = {"named": 0, "counted": 0, "others": 0}
    for example, proposal in zip(sets, write(sets, facts), strict=True):
        assert not proposal.problem
        shown, ending = set(symbols(example)), proposal.steps[-1]
        said, _, left = ending.partition(";")
        (shared,) = re.findall(r"object \d+", said)
        holders = {gene for gene in shown if shared in objects[gene]}
        named, numbers = set(re.findall(r"\bG\d+", said)), re.findall(r"\b\d+ (?:of these )?genes", said)
        assert proposal.proposed == example.name
        if numbers:
            assert int(numbers[0].split()[0]) == len(holders) == len(shown) and not named
            forms["counted"] += 1
        elif "others" in said:
            assert named < holders and len(named) == 5
            forms["others"] += 1
        else:
            assert named == holders
            forms["named"] += 1
        assert bool(left) == (holders < shown)
        assert not re.search(rf"\b{example.name}\b", " ".join(proposal.steps))
        read = GeneSetNaming().parse(GeneSetNaming().target(proposal.proposed, proposal.steps))
        assert (read.name, read.steps, read.problems) == (proposal.proposed, proposal.steps, [])
    assert forms["named"] > 100 and forms["counted"]


# --- the teacher that recites ------------------------------------------------------------------------


def test_what_statements_say_of_the_shown_genes_is_recited():
    facts = [
        ("A", "has_name", "alpha"),
        ("A", "enables", "DNA binding"),
        ("A", "enables", "RNA binding"),
        ("B", "enables", "kinase activity"),
        ("D", "has_name", "delta"),
        ("E", "has_name", "epsilon"),
    ]
    said = said_of(StatedFact(gene, relation, name, (gene, relation, name)) for gene, relation, name in facts)
    example = Example(id="GO:1", subset="bp", name="DNA repair", genes=[{"symbol": s} for s in "ABCDE"])
    spec = RecallTeacher(kind="recall", corpus="demo", relations=["has_name", "enables"], genes=3)
    proposal = recited(example, "EBCAD", said, spec)
    assert (proposal.proposed, proposal.problem) == ("DNA repair", "")
    assert proposal.steps == [
        "E stands for epsilon.",
        "The product of B has kinase activity.",
        "A stands for alpha. The product of A has DNA binding.",  # one fact of each relation
    ]
    of_two = recited(example, "EBCAD", said, spec.model_copy(update={"genes_per_step": 2})).steps
    assert of_two == [" ".join(proposal.steps[:2]), *proposal.steps[2:]]
    assert recited(example, "C", said, spec).problem == "no statement about the shown genes"
