"""The knowledge teacher on facts small enough to score by hand, and on many made-up ones."""

import random
import re

import pandas as pd
import pytest

from reasonome.config.teachers import RecallTeacher
from reasonome.facts.selection import StatedFact
from reasonome.prompts.prompts import Prompt
from reasonome.tasks.naming.dialogue import Example
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.tasks.naming.teaching import NO_FACTS, NOTHING_SHARED, propose_from_facts, recited, said_of

COLUMNS = ["gene", "relation", "object_id", "object_name", "source", "evidence"]


def table(*facts):
    """A facts table from (genes, relation, object id, object name[, evidence])."""
    return pd.DataFrame(
        [
            (gene, relation, object_id, name, "test", evidence[0] if evidence else "IDA")
            for genes, relation, object_id, name, *evidence in facts
            for gene in genes.split()
        ],
        columns=COLUMNS,
    )


def row(id, name, genes, subset="bp"):
    return {
        "id": id,
        "subset": subset,
        "name": name,
        "genes": [{"symbol": gene, "name": ""} for gene in genes.split()],
    }


def symbols(example):
    return [gene["symbol"] for gene in example["genes"]]


def write(rows, facts, mode, **options):
    return propose_from_facts(rows, facts, **{"mode": mode, "seed": 0, "shown_genes": symbols} | options)


# Ten genes. Of A B C, three of three have repair (4 genes do): 4/120 by chance; two have ligation (2 do):
# 8/120; all have binding (10 do): 120/120.
FACTS = table(
    ("A B C D", "involved_in", "GO:1", "DNA repair"),
    ("A B", "involved_in", "GO:2", "DNA ligation"),
    ("A B C D E F G H I J", "enables", "GO:3", "protein binding"),
)
SET = row("GO:9", "nick sealing", "A B C")


def test_blind_proposes_what_is_least_likely_shared_by_chance():
    [proposal] = write([SET], FACTS, "blind")
    assert (proposal.id, proposal.subset, proposal.proposed) == ("GO:9", "bp", "DNA repair")
    assert proposal.problem == "" and len(proposal.steps) == 2
    assert "DNA repair" in proposal.steps[-1]


@pytest.mark.parametrize(
    "own",
    [row("GO:1", "repair of DNA", "A B C"), row("GO:8", "DNA-Repair", "A B C")],
    ids=["same id", "same name in another spelling"],
)
def test_blind_never_sees_the_own_term(own):
    [proposal] = write([own], FACTS, "blind")
    assert proposal.proposed == "DNA ligation"
    assert "repair" not in " ".join(proposal.steps)


def test_given_leads_to_the_true_name_by_another_shared_object():
    [proposal] = write([row("GO:2", "DNA ligation", "A B C")], FACTS, "given")
    assert proposal.proposed == "DNA ligation"
    assert proposal.steps[-1].startswith(("B, A and C", "All 3", "The 3", "3 of"))
    assert proposal.steps[-1].index("DNA repair") < proposal.steps[-1].index("the name")


def test_given_uses_the_own_term_where_nothing_else_is_shared():
    facts = table(("A B", "involved_in", "GO:2", "DNA ligation"), ("A", "enables", "GO:3", "ATP binding"))
    [proposal] = write([row("GO:2", "DNA ligation", "A B")], facts, "given")
    assert proposal.steps[0] in ("A has ATP binding.", "A shows ATP binding.")
    assert re.match(r"(Both )?[AB] and [AB] (take part|act) in DNA ligation, .*\bset\b", proposal.steps[1])


@pytest.mark.parametrize(
    ("subset", "name"),
    [("bp", "DNA repair"), ("mf", "ligase activity"), ("CC", "repair complex"), ("other", "Repair pathway")],
)
def test_blind_prefers_the_aspect_of_the_subset(subset, name):
    """Of A B C out of ten genes the pathway is the rarest (3 genes), the complex the commonest (6)."""
    facts = table(
        ("A B C D E F G H I J", "has_name", "HGNC:1", "a gene"),
        ("A B C", "member_of_pathway", "R-HSA-1", "Repair pathway"),
        ("A B C D", "involved_in", "GO:1", "DNA repair"),
        ("A B C D E", "enables", "GO:2", "ligase activity"),
        ("A B C D E F", "part_of", "GO:3", "repair complex"),
    )
    [proposal] = write([row("GO:9", "x", "A B C", subset)], facts, "blind")
    assert proposal.proposed == name


def test_one_gene_in_two_ways_counts_once():
    """located_in and is_active_in are said in the same words, so A is one of two genes, not two of three."""
    facts = table(
        ("A B", "located_in", "GO:1", "nucleus"),
        ("A", "is_active_in", "GO:1", "nucleus"),
        ("A C", "acts_upstream_of_positive_effect", "GO:2", "cell growth"),
        ("B", "has_name", "HGNC:2", "gene B"),
    )
    [proposal] = write([row("GO:9", "x", "A B", "cc")], facts, "blind")
    assert proposal.proposed == "nucleus"
    assert re.search(r"(A and B|B and A) (are found in|localize to) nucleus", proposal.steps[1])
    assert proposal.steps[0] in [
        f"{first}{joint}{last}."
        for a in ["A acts upstream of or within cell growth"]
        for b in ["B is gene B", "B stands for gene B"]
        for joint in ["; ", ", and ", ", while "]
        for first, last in [(a, b), (b, a)]
    ]


def test_what_was_found_not_to_hold_is_never_said():
    facts = table(
        ("A B C", "NOT|involved_in", "GO:1", "DNA repair"),
        ("A B C", "involved_in", "GO:0008150", "biological_process", "ND"),
        ("A B D", "involved_in", "GO:2", "DNA ligation"),
    )
    [proposal] = write([SET], facts, "blind")
    assert proposal.proposed == "DNA ligation"
    assert not re.search("repair|biological", " ".join(proposal.steps))


def test_rows_with_nothing_to_say_get_a_reason():
    rows = [row("GO:7", "x", "A Z"), row("GO:8", "y", "Y Z"), row("GO:6", "z", "A C")]
    facts = table(("A", "involved_in", "GO:1", "DNA repair"), ("C", "enables", "GO:2", "ATP binding"))
    assert [p.problem for p in write(rows, facts, "blind")] == [NOTHING_SHARED, NO_FACTS, NOTHING_SHARED]
    given = write(rows, facts, "given")
    assert [p.problem for p in given] == ["", NO_FACTS, ""]
    assert given[0].steps[0] in ("A takes part in DNA repair.", "A acts in DNA repair.")
    assert "name" in given[0].steps[1]


def test_genes_that_the_prompt_leaves_out_are_neither_named_nor_counted():
    shown = {"GO:9": ["A", "C"]}
    [proposal] = propose_from_facts([SET], FACTS, mode="blind", seed=0, shown_genes=lambda r: shown[r["id"]])
    assert proposal.proposed == "DNA repair"  # 2 of 2, by chance 6/45; ligation is A's alone now
    assert re.search(r"\b[AC] and [AC]\b", proposal.steps[-1])
    assert not re.search(r"\bB\b", " ".join(proposal.steps))


def test_many_genes_are_counted():
    facts = table(("A B C D", "involved_in", "GO:1", "DNA repair"), ("E F G H", "enables", "GO:2", "binding"))
    rows = [row("GO:8", "x", "A B C D"), row("GO:9", "x", "A B C D E")]
    [four_of_four, four_of_five] = write(rows, facts, "blind")
    assert re.match(r"(All|The) 4 (of these )?genes (all )?(take part|act) in", four_of_four.steps[-1])
    assert re.match(r"(4 of (the )?5 genes|Among 5 genes, 4) (take part|act) in DNA repair", four_of_five.steps[-1])


def test_short_things_are_said_of_a_gene_where_there_are_any():
    facts = table(
        ("A", "has_name", "HGNC:1", "a name that is much longer than a step can hold"),
        ("A", "in_gene_group", "HGNC.GROUP:1", "DNA ligases"),
        ("A B", "involved_in", "GO:1", "DNA repair"),
    )
    for seed in range(10):
        [proposal] = write([row("GO:9", "x", "A B")], facts, "blind", seed=seed)
        assert proposal.steps[0] == "A is in gene group DNA ligases."


def made_up(rows, genes, objects, facts, seed=0):
    """Rows of 4-12 genes and distinct facts with names `obj17`, half of them GO processes."""
    chance = random.Random(seed)
    relations = ["involved_in", "involved_in", "enables", "located_in", "member_of_pathway", "in_gene_group"]
    drawn = {(f"G{chance.randrange(genes)}", chance.randrange(objects)) for _ in range(facts)}
    frame = pd.DataFrame(
        [(g, relations[o % 6], f"GO:{o}", f"obj{o}", "test", "IDA") for g, o in sorted(drawn)],
        columns=COLUMNS,
    )
    members = frame.groupby("object_id")["gene"].agg(list).to_dict()
    sets = []
    for n in range(rows):
        genes_of_set = members.get(f"GO:{n}", ["G0"])[: chance.randint(4, 12)]
        sets.append(row(f"GO:{n}", f"obj{n}", " ".join(genes_of_set)))
    return sets, frame


def test_every_sentence_is_true_of_the_genes_it_names():
    rows, facts = made_up(rows=150, genes=300, objects=300, facts=9_000)
    objects = facts.groupby("gene")["object_name"].agg(set).to_dict()
    forms = {"gene": 0, "named": 0, "counted": 0}
    for mode in ("given", "blind"):
        proposals = write(rows, facts, mode)
        assert all(not proposal.problem for proposal in proposals)
        for example, proposal in zip(rows, proposals, strict=True):
            shown = set(symbols(example))
            about_genes, ending = proposal.steps
            said = re.findall(r"(G\d+)|(obj\d+)", about_genes)
            pairs = [(gene, name) for (gene, _), (_, name) in zip(said[::2], said[1::2], strict=True)]
            assert 1 <= len(pairs) <= 3
            for gene, name in pairs:
                assert gene in shown and name in objects[gene]
                forms["gene"] += 1
            (shared,) = re.findall(r"obj\d+", ending)
            holders = {gene for gene in shown if shared in objects[gene]}
            named, numbers = set(re.findall(r"G\d+", ending)), re.findall(r"\b\d+\b", ending)
            assert proposal.proposed == (example["name"] if mode == "given" else shared)
            if named:
                assert named == holders and not numbers
                forms["named"] += 1
            else:
                assert {int(number) for number in numbers} == {len(holders), len(shown)}
                forms["counted"] += 1
            if mode == "blind":
                assert not re.search(rf"\b{example['name']}\b", " ".join(proposal.steps))
            read = GeneSetNaming().parse(GeneSetNaming().target(proposal.proposed, proposal.steps))
            assert (read.name, read.steps, read.problems) == (proposal.proposed, proposal.steps, [])
    assert forms["gene"] > 300 and forms["named"] > 100 and forms["counted"] > 5


def test_what_is_written_depends_on_the_row_the_facts_and_the_seed_alone():
    rows, facts = made_up(rows=60, genes=100, objects=60, facts=2_000)
    first = write(rows, facts, "given")
    shuffled = facts.sample(frac=1, random_state=1)
    assert write(rows, shuffled, "given") == first
    assert write(rows, facts, "given", shown_genes=lambda r: symbols(r)[::-1]) == first
    assert write(rows[::-1], facts, "given") == first[::-1]
    assert write(rows[7:8], facts, "given") == first[7:8]
    other = write(rows, facts, "given", seed=1)
    assert sum(a.steps != b.steps for a, b in zip(first, other, strict=True)) > 50


@pytest.mark.parametrize("genes_per_step", [1, 3])
def test_number_of_genes_in_a_step(genes_per_step):
    rows, facts = made_up(rows=40, genes=100, objects=60, facts=2_000)
    rows = [example for example in rows if len(symbols(example)) >= 6]
    for proposal in write(rows, facts, "given", genes_per_step=genes_per_step):
        about_genes, ending = proposal.steps
        assert 1 <= len(re.findall(r"G\d+", about_genes)) <= genes_per_step
        assert re.search(r"\bname\b", ending) and not re.search(r"\bname\b", about_genes)


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
    prompt = Prompt([], list("EBCAD"), 0, "")
    spec = RecallTeacher(kind="recall", corpus="demo", relations=["has_name", "enables"], genes=3)
    proposal = recited(example, prompt, said, spec)
    assert (proposal.proposed, proposal.problem) == ("DNA repair", "")
    assert proposal.steps == [
        "E stands for epsilon.",
        "The product of B has kinase activity.",
        "A stands for alpha. The product of A has DNA binding.",  # one fact of each relation
    ]
    assert recited(example, Prompt([], ["C"], 0, ""), said, spec).problem == "no statement about the shown genes"
