"""Claims: which genes and terms sentences name, what is denied, and what the facts say of it."""

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from traced_sets import background, rows_table, term

from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.facts.text import normalise
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.claims import Knowledge

# "DNA repair" is above "base-excision repair", which is above "long-patch base-excision repair".
FACTS = [
    ("LIG3", "involved_in", "GO:0006284", "base-excision repair", "go", "IDA"),
    ("XRCC1", "involved_in", "GO:0006281", "DNA repair", "go", ""),
    ("TP53", "enables", "GO:0003677", "DNA binding", "go", "IDA"),
    ("TP53", "NOT|involved_in", "GO:0006284", "base-excision repair", "go", "IMP"),
    ("KAT5", "member_of_pathway", "R-HSA-1", "Regulation of TP53 Activity", "reactome", ""),
    ("KAT5", "located_in", "GO:0005634", "nucleus", "go", "IDA"),
    ("EGFR", "enables", "GO:9", "growth factor receptor", "go", "IDA"),
    ("EGFR", "involved_in", "GO:0016310", "phosphorylation", "go", "IDA"),
    ("EGFR", "has_name", "HGNC:1", "epidermal growth factor receptor", "hgnc", ""),
    ("EGFR", "maps_to_band", "7p11.2", "7p11.2", "hgnc", ""),
    ("SET", "has_name", "HGNC:2", "SET nuclear proto-oncogene", "hgnc", ""),
    ("CAT", "has_name", "HGNC:3", "catalase", "hgnc", ""),
    ("AR", "has_name", "HGNC:4", "androgen receptor", "hgnc", ""),
    ("HLA-DRA", "involved_in", "GO:0006955", "immune response", "go", "IEA"),
    ("NKX2-5", "involved_in", "GO:0007507", "heart development", "go", "IDA"),
    ("LIG3", "has_summary", "t", "LIG3 takes part in heart development.", "ncbi", ""),
    # With those above thirty genes of which anything but a name is known: three are a tenth, four are more.
    *((f"FILL{n}", "involved_in", "GO:0032502", "developmental process", "go", "IEA") for n in range(4)),
    *((f"FILL{n}", "involved_in", "GO:0008283", "cell proliferation", "go", "IEA") for n in range(3)),
    *((f"FILL{n}", "involved_in", f"GO:1{n}", f"process {n}", "go", "IEA") for n in range(4, 23)),
]
TERMS = [
    ("GO:0006281", "DNA repair", ["repair of DNA"], [], ["LIG3", "XRCC1", "POLB"]),
    ("GO:0006284", "base-excision repair", ["BER"], ["GO:0006281"], ["LIG3"]),
    ("GO:0006286", "long-patch base-excision repair", [], ["GO:0006284"], []),
    ("GO:0016310", "phosphorylation", [], [], ["EGFR"]),
    ("GO:0032502", "developmental process", [], [], ["FILL0", "FILL1", "FILL2", "FILL3"]),
    ("GO:0007275", "organ development", [], ["GO:0032502"], ["FILL0", "FILL1", "FILL2"]),
    ("GO:0008150", "biological_process", [], [], ["LIG3", "XRCC1", "POLB", "EGFR", *(f"FILL{n}" for n in range(26))]),
]


@pytest.fixture(scope="module")
def knowledge():
    rows = (term(i, name, genes, synonyms=others, parents=parents) for i, name, others, parents, genes in TERMS)
    return Knowledge(pd.DataFrame(FACTS, columns=FACT_COLUMNS), Background(rows_table(rows)))


def test_sentences_that_name_a_gene_but_no_term_are_told_as_unchecked(knowledge):
    text = "1. LIG3 acts in DNA repair.\n2. XRCC1 belongs to pathway Glow. Both shine. XRCC1 belongs to pathway Glow."
    reading = knowledge.read(text)
    assert [(claim.gene, claim.term) for claim in reading.claims] == [("LIG3", "DNA repair")]
    assert reading.unchecked == ["XRCC1 belongs to pathway Glow."]


@pytest.mark.parametrize("text", ["Does LIG3 act in DNA repair?", "It is open whether LIG3 acts in DNA repair."])
def test_a_sentence_that_asks_claims_nothing(knowledge, text):
    reading = knowledge.read(text)
    assert (reading.claims, reading.unchecked) == ([], [text])


def said(knowledge, text, of_set=()):
    """The claims of a text: gene, term as written (with a minus where it is denied), verdict."""
    claims = knowledge.read(text, of_set).claims
    return [(claim.gene, ("-" if claim.negated else "") + claim.term, claim.verdict) for claim in claims]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("LIG3 takes part in base-excision repair.", [("LIG3", "base-excision repair", "true")]),
        ("LIG3: Base Excision Repair", [("LIG3", "Base Excision Repair", "true")]),
        ("LIG3 and XRCC1 share DNA repair.", [("LIG3", "DNA repair", "true"), ("XRCC1", "DNA repair", "true")]),
        ("XRCC1 does base-excision repair.", [("XRCC1", "base-excision repair", "unknown")]),
        ("TP53 does base-excision repair.", [("TP53", "base-excision repair", "contradicted")]),
        ("TP53: long-patch base-excision repair", [("TP53", "long-patch base-excision repair", "contradicted")]),
        # The annotation denies a narrower term, not this one.
        ("TP53 is known for DNA repair.", [("TP53", "DNA repair", "unknown")]),
        ("LIG3 is known for the repair of DNA.", [("LIG3", "repair of DNA", "true")]),
        ("All five genes share DNA repair.", []),
        ("LIG3 is a ligase.", []),
        ("LIG3 does DNA repair. LIG3 does DNA repair!", [("LIG3", "DNA repair", "true")]),
    ],
)
def test_claims_of_a_sentence(knowledge, text, claims):
    assert said(knowledge, text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("TP53 does not take part in base-excision repair.", [("TP53", "-base-excision repair", "true")]),
        ("LIG3 doesn't act in DNA repair.", [("LIG3", "-DNA repair", "contradicted")]),
        ("LIG3 is unrelated to DNA repair.", [("LIG3", "-DNA repair", "contradicted")]),
        ("DNA repair never needs LIG3.", [("LIG3", "-DNA repair", "contradicted")]),
        ("KAT5 has no role in DNA repair.", [("KAT5", "-DNA repair", "unknown")]),
        ("There is no evidence that LIG3 acts in DNA repair.", [("LIG3", "-DNA repair", "contradicted")]),
        ("LIG3 is not only at work in DNA repair.", [("LIG3", "DNA repair", "true")]),
        ("XRCC1, not TP53, does DNA repair.", [("XRCC1", "DNA repair", "true"), ("TP53", "-DNA repair", "unknown")]),
        ("Unlike TP53, LIG3 does DNA repair.", [("TP53", "-DNA repair", "unknown"), ("LIG3", "DNA repair", "true")]),
        (
            "Neither LIG3 nor XRCC1 acts in DNA repair.",
            [("LIG3", "-DNA repair", "contradicted"), ("XRCC1", "-DNA repair", "contradicted")],
        ),
        ("LIG3 fails to act in DNA repair.", [("LIG3", "-DNA repair", "contradicted")]),
        (
            "LIG3 does phosphorylation rather than DNA repair.",
            [("LIG3", "phosphorylation", "unknown"), ("LIG3", "-DNA repair", "contradicted")],
        ),
        ("NO signals to LIG3 in DNA repair.", [("LIG3", "DNA repair", "true")]),
        ("Without doubt LIG3 acts in DNA repair.", [("LIG3", "DNA repair", "true")]),
    ],
)
def test_denied_claims(knowledge, text, claims):
    assert said(knowledge, text) == claims


@pytest.mark.parametrize(
    "text",
    [
        "LIG3 does base-excision repair; TP53 has DNA binding.",
        "LIG3 does base-excision repair, and TP53 has DNA binding.",
        "LIG3 does base-excision repair, while TP53 has DNA binding.",
        "LIG3 does base-excision repair and TP53 has DNA binding.",
        "LIG3 does base-excision repair.\nTP53 has DNA binding",
    ],
)
def test_clauses_claim_each_for_themselves(knowledge, text):
    assert said(knowledge, text) == [("LIG3", "base-excision repair", "true"), ("TP53", "DNA binding", "true")]


def test_a_list_of_genes_is_one_clause(knowledge):
    claims = said(knowledge, "LIG3, XRCC1, and TP53 act in DNA repair, and in phosphorylation.")
    assert [claim[:2] for claim in claims if claim[1] == "DNA repair"] == [
        ("LIG3", "DNA repair"), ("XRCC1", "DNA repair"), ("TP53", "DNA repair"),
    ]  # fmt: skip
    assert len(claims) == 6


def test_the_fact_that_decided_is_told(knowledge):
    def fact(text):
        return [claim.fact for claim in knowledge.read(text).claims]

    assert fact("LIG3 does base-excision repair") == ["involved in base-excision repair (GO:0006284, go, IDA)"]
    assert fact("XRCC1 does DNA repair") == ["involved in DNA repair (GO:0006281, go)"]
    [wider] = fact("LIG3 does DNA repair")
    assert wider.startswith("involved in base-excision repair (GO:0006284, go, IDA), ")
    assert fact("TP53: long-patch base-excision repair") == [
        "NOT involved in base-excision repair (GO:0006284, go, IMP)"
    ]
    assert fact("TP53 does DNA repair") == [""]
    assert knowledge.check("POLB", ["GO:0006281"]) == ("true", "one of the genes of DNA repair (GO:0006281)")


@pytest.mark.parametrize(
    ("text", "genes"),
    [
        ("LIG3, lig3 and (TP53)", {"LIG3", "TP53"}),
        ("tp53-dependent, p53", {"TP53"}),
        ("the set, a cat, and the rest", set()),
        ("SET and CAT", {"SET", "CAT"}),
        ("THESE GENES MAKE A SET", set()),
        ("HLA-DRA/NKX2-5, XRCC1-LIG3.", {"HLA-DRA", "NKX2-5", "XRCC1", "LIG3"}),
        ("HLA-DRAX, anti-LIG3, LIG30", {"LIG3"}),
        ("AR is a receptor", set()),  # two letters
        ("epidermal growth factor receptor", set()),
        ("KAT5 belongs to Regulation of TP53 Activity", {"KAT5"}),
        ("LIG3 \u2014 TP53\u2019s partner; \u03b2-catenin <b>XRCC1</b>", {"LIG3", "TP53", "XRCC1"}),
    ],
)
def test_genes_that_a_text_names(knowledge, text, genes):
    assert knowledge.read(text).genes == genes


def test_genes_of_the_set_count_where_others_might_be_other_words(knowledge):
    assert knowledge.read("AR binds DNA", {"AR"}).genes == {"AR"}
    assert knowledge.read("ALL OF SET IS UP", {"SET"}).genes == {"SET"}
    assert knowledge.read("XYZ is new, xyz is not", {"XYZ"}).genes == {"XYZ"}


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        # One word of six letters and more, if it is no everyday one.
        ("KAT5 is in the nucleus", [("KAT5", "nucleus", "true")]),
        ("EGFR drives phosphorylation", [("EGFR", "phosphorylation", "true")]),
        # A single word as a synonym is an acronym; bands and running text are no terms.
        ("LIG3 does BER at 7p11.2", []),
        ("LIG3: LIG3 takes part in heart development.", [("LIG3", "heart development", "unknown")]),
        # A gene's full name is no claim of what its words say, the words alone are.
        ("EGFR is epidermal growth factor receptor, and LIG3 does DNA repair", [("LIG3", "DNA repair", "true")]),
        ("EGFR is a growth factor receptor", [("EGFR", "growth factor receptor", "true")]),
    ],
)
def test_terms_that_a_text_names(knowledge, text, claims):
    assert said(knowledge, text) == claims


@pytest.mark.parametrize(
    "text",
    [
        "LIG3 acts in the pathway DNA repair",
        "LIG3 belongs to DNA repair.",
        "LIG3 (DNA repair)",
        "LIG3, a DNA repair gene, is here",
        "LIG3 plays a role in the key DNA repair pathways",
        "the DNA repair protein LIG3",
        "DNA repair involves LIG3",
        "LIG3 does phosphorylation, DNA binding, and DNA repair",
        "LIG3 acts in early DNA repair, also in DNA repair",  # once whole
    ],
)
def test_a_term_that_stands_whole_is_claimed(knowledge, text):
    assert ("LIG3", "DNA repair", "true") in said(knowledge, text)


@pytest.mark.parametrize(
    "text",
    [
        "LIG3 acts in interferon-mediated DNA repair",
        "LIG3 acts in mitochondrial DNA repair",
        "LIG3 acts in DNA repair-deficient cells",
        "LIG3 acts in DNA repair of viruses",
        "LIG3 acts in the inhibition of DNA repair",
        "LIG3 inhibits DNA repair",
        "LIG3 acts in XRCC1 DNA repair",
        "LIG3 acts in phosphorylation and DNA repair defects",
        "LIG3 acts in phosphorylation DNA repair",
    ],
)
def test_a_part_of_a_longer_term_is_no_claim(knowledge, text):
    reading = knowledge.read(text)
    assert reading.claims == []
    assert reading.unchecked == [text]


def test_what_most_genes_have_supports_nothing_and_contradicts_a_denial(knowledge):
    # Four of thirty genes are more than a tenth, three are not.
    told = "involved in developmental process (GO:0032502, go, IEA)"
    nothing = "; more than one gene in 10 has that, so it supports nothing"
    assert knowledge.check("FILL0", ["GO:0032502"]) == ("unknown", told + nothing)
    assert knowledge.check("FILL0", ["GO:0032502"], negated=True) == ("contradicted", told)
    assert knowledge.check("FILL0", ["GO:0007275"]) == ("true", "one of the genes of organ development (GO:0007275)")
    assert knowledge.check("LIG3", ["GO:0032502"]) == ("unknown", "")
    # Where several objects are called so, the one that few genes have decides.
    assert (
        knowledge.check("FILL0", ["GO:0032502", "GO:0008283"])[1]
        == "involved in cell proliferation (GO:0008283, go, IEA)"
    )


def test_without_a_background_only_direct_facts_are_known():
    alone = Knowledge(pd.DataFrame(FACTS, columns=FACT_COLUMNS))
    assert said(alone, "LIG3 does base-excision repair and DNA repair") == [
        ("LIG3", "base-excision repair", "true"), ("LIG3", "DNA repair", "unknown"),
    ]  # fmt: skip
    assert said(alone, "TP53 does base-excision repair") == [("TP53", "base-excision repair", "contradicted")]
    # What most genes have is told by the genes of the facts.
    assert [alone.check("FILL0", [one])[0] for one in ("GO:0032502", "GO:0008283")] == ["unknown", "true"]


@pytest.mark.slow
def test_the_knowledge_teacher_tells_the_truth(demo_facts, demo_benchmark):
    """Its sentences are facts, so nearly all claims in them are true: what is not is a misreading here."""
    from reasonome.benchmarks.rows import read_rows
    from reasonome.tasks.naming.questions import Example
    from reasonome.tasks.naming.teaching import propose_from_facts
    from reasonome.tasks.naming.traces import TraceJudge

    examples = read_rows(demo_benchmark / "train.jsonl", Example)[:300]
    judge = TraceJudge(demo_facts, background(("GO:0", "any gene", " ".join(demo_facts["gene"].unique()), "")))
    proposals = propose_from_facts(
        examples,
        demo_facts,
        judge,
        seed=0,
        shown_genes=lambda example: [gene.symbol for gene in example.genes],
    )
    knowledge = judge.knowledge
    claims = [claim for one in proposals for claim in knowledge.read("\n".join(one.steps)).claims]
    true = [claim for claim in claims if claim.verdict == "true"]
    of_most = [claim for claim in claims if claim.fact.endswith("supports nothing")]
    assert len(claims) > 300
    assert len(true) / len(claims) > 0.97
    assert (len(true) + len(of_most)) / len(claims) > 0.99
    assert not any(claim.negated for claim in claims)


def test_claims_in_sentences_labelled_by_hand():
    """150 sentences of an untrained model, of trained ones and of teachers, drawn at random, and the claims they make.

    `terms` are those of the demo's facts and background that stand in the sentences or are claimed there. `second` has
    the labels of another reader, where they differ.
    """
    labelled = json.loads((Path(__file__).parent / "data/labelled_claims.json").read_text(encoding="utf-8"))
    rows = [(gene, "has_name", "", name, "", "") for gene, name in labelled["genes"].items()]
    rows += [("TP53", "involved_in", term, term, "", "") for term in labelled["terms"]]
    knowledge = Knowledge(pd.DataFrame(rows, columns=FACT_COLUMNS))
    found, right, of_known_terms, made, right_by_the_second = (Counter() for _ in range(5))
    for sentence in labelled["sentences"]:
        claims = {(claim.gene, normalise(claim.term)) for claim in knowledge.read(sentence["text"]).claims}
        said = {(gene, normalise(term)) for gene, term in sentence["claims"]}
        by = sentence["by"]
        found[by] += len(claims)
        right[by] += len(claims & said)
        second = {(gene, normalise(term)) for gene, term in sentence.get("second", sentence["claims"])}
        right_by_the_second[by] += len(claims & second)
        of_known_terms[by] += sum(term in labelled["terms"] for _, term in said)
        made[by] += len(said)
    assert found == {"teacher": 46, "tuned": 21, "base": 11}
    assert right == {"teacher": 46, "tuned": 21, "base": 5}
    assert right_by_the_second == {"teacher": 46, "tuned": 18, "base": 6}
    assert of_known_terms == {"teacher": 46, "tuned": 21, "base": 7}
    assert made == {"teacher": 46, "tuned": 87, "base": 42}
