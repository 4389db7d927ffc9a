"""Whether reasoning follows: how a fact bears on a name, and what is wrong with traces, small enough to see by hand."""

import pytest
from traced_sets import background, gene_set, table

from reasonome.tasks.naming.traces import TraceJudge
from reasonome.teaching.proposals import counted_genes

# A to E are the shown genes; 60 others make a term of up to six genes less than MOST_GENES of all.
OTHERS = [f"OTHER{n}" for n in range(60)]
ROOT, REPAIR, EXCISION, JOINING, TRANSPORT = (f"GO:{n}" for n in range(1, 6))


BACKGROUND = background(
    (ROOT, "biological_process", " ".join(["A", "B", "C", "D", "E", *OTHERS]), ""),
    (REPAIR, "strand repair", "A B C D", ROOT),
    (EXCISION, "base excision", "A B C", REPAIR),
    (JOINING, "end joining", "A B", REPAIR),
    (TRANSPORT, "vesicle transport", "D E", ROOT),
)
FACTS = table(
    ("A B", "involved_in", EXCISION, "base excision"),
    ("C", "involved_in", EXCISION, "base excision"),
    ("A B", "involved_in", JOINING, "end joining"),
    ("D E", "involved_in", TRANSPORT, "vesicle transport"),
    ("A B C D", "member_of_pathway", "R:1", "Strand break sensing"),
    ("A C D", "member_of_pathway", "R:2", "Nicks and gaps"),
    (" ".join(["A", "B", "C", "D", "E", *OTHERS[:40]]), "member_of_pathway", "R:3", "Immune System"),
    ("B", "NOT|involved_in", TRANSPORT, "vesicle transport"),
)


@pytest.fixture(scope="module")
def judge():
    return TraceJudge(FACTS, BACKGROUND)


@pytest.mark.parametrize(
    ("fact", "term", "relation"),
    [
        (REPAIR, EXCISION, "above"),
        (EXCISION, REPAIR, "below"),
        (TRANSPORT, EXCISION, ""),  # below the root alone, which all genes have
        ("R:1", REPAIR, "words"),  # strand
        ("R:2", EXCISION, "genes"),  # A C D and A B C: two of four
    ],
)
def test_how_a_fact_bears_on_a_name(judge, fact, term, relation):
    own = BACKGROUND.by_id[term]
    genes = "A B C D" if term == REPAIR else "A B C"
    assert judge.relation(fact, gene_set(term, own.name, genes)) == relation


def test_terms_are_beside_each_other_below_a_narrow_term():
    """Of 300 genes a term of six is 2 %; one of seven is wider."""
    many = " ".join(f"G{n}" for n in range(300))
    six, seven = " ".join(f"G{n}" for n in range(6)), " ".join(f"G{n}" for n in range(7))
    for genes, relation in ((six, "beside"), (seven, "")):
        terms = [
            ("R", "root", many, ""),
            ("P", "parent", genes, "R"),
            ("X", "xylem", "G0", "P"),
            ("Y", "yoke", "G1", "P"),
        ]
        judge = TraceJudge(table(("G0", "involved_in", "X", "xylem")), background(*terms))
        assert judge.relation("X", gene_set("Y", "yoke", "G1")) == relation


def test_genes_that_a_source_denies_an_object_do_not_have_it():
    has, denied = "member_of_pathway", "NOT|member_of_pathway"
    facts = table(("A B", has, "R-1", "some pathway"), ("C D", denied, "R-1", "some pathway"))
    judge = TraceJudge(facts, background(("GO:1", "something else", "A B C D", "")))
    assert judge.genes("R-1") == {"A", "B"}
    # Of the set's four genes two have it, Jaccard .5; of C, D, E and F none has it.
    assert judge.relation("R-1", gene_set("GO:9", "x", "A B E F")) == "genes"
    assert judge.relation("R-1", gene_set("GO:9", "x", "C D E F")) == ""


def test_common_words_relate_no_names():
    """Three names may share a word, a fourth makes it common; stems of any matter and short ones never count."""
    names = ["kinase one alpha", "kinase two beta", "kinase three gamma", "of the family abc", "link to abd family"]
    three = TraceJudge(table(*(("A", "involved_in", f"X:{n}", name) for n, name in enumerate(names))), background())
    more = table(*(("A", "involved_in", f"X:{n}", name) for n, name in enumerate([*names, "kinase four delta"])))
    assert three.relation("X:0", gene_set("X:1", names[1])) == "words"
    assert TraceJudge(more, background()).relation("X:0", gene_set("X:1", names[1])) == ""
    assert three.relation("X:3", gene_set("X:4", names[4])) == ""


def test_a_synonym_is_a_name_too(judge):
    assert judge.relation("R:1", gene_set("GO:9", "x", synonyms=["sensing of ends"])) == "words"


SHOWN = ["A", "B", "C", "D", "E"]


def test_reasoning_that_follows(judge):
    steps = ["D acts in vesicle transport.", "A, B and C take part in base excision, hence the name."]
    judged = judge.judge(gene_set(REPAIR, "strand repair"), SHOWN, steps)
    assert judged.problem == ""
    assert judged.ending == ("base excision", {"A", "B", "C"}, "below")
    assert judged.explained == {"A", "B", "C", "D"}


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        (["These genes repair DNA and are important for the cell."], "nothing known"),
        (["A, B and C take part in strand repair, which is the name."], "only the name"),  # the set's own term
        (["A, B and E belong to pathway Immune System."], "nothing known"),  # 45 of 65 genes
        (["A, B and Z9 take part in ribosome assembly."], "nothing known"),
        (["A takes part in base excision.", "B takes part in end joining."], "nothing shared"),
        (["A, B and C take part in base excision.", "D and E take part in vesicle transport."], "too few genes"),
        (["B and E act in vesicle transport, but A and C take part in base excision."], "contradicted"),
        (["All 5 genes take part in base excision."], "wrong number"),
        (["Among 5 genes, 2 belong to pathway Strand break sensing."], "wrong number"),
    ],
)
def test_what_is_wrong_with_reasoning(judge, steps, problem):
    found = judge.judge(gene_set(REPAIR, "strand repair"), SHOWN, steps).problem
    assert found.partition(": ")[0] == problem


def test_an_unrelated_ending(judge):
    steps = ["A, C and D belong to pathway Nicks and gaps."]
    judged = judge.judge(gene_set(TRANSPORT, "vesicle transport", "D E"), SHOWN, steps)
    assert judged.problem.startswith("unrelated: it ends in Nicks and gaps")
    assert judged.ending == ("Nicks and gaps", {"A", "C", "D"}, "")


def test_an_ending_is_of_half_of_the_explained_and_a_third_of_the_shown_genes(judge):
    ligation = gene_set(REPAIR, "strand repair")
    others = [*SHOWN, "F", "G"]
    two = ["A and B act in end joining."]
    assert judge.judge(ligation, ["A", "B", "C", "D", "E", "F"], two).problem == ""  # two of six
    assert "of 2 of 2 explained genes and 7 shown ones" in judge.judge(ligation, others, two).problem
    groups = ["C and D belong to pathway Strand break sensing.", "A and B act in end joining."]
    assert judge.judge(ligation, SHOWN, groups).problem == ""  # two of four
    groups[0] = "C and D belong to pathway Strand break sensing; E acts in vesicle transport."
    assert "of 2 of 5 explained genes and 5 shown ones" in judge.judge(ligation, SHOWN, groups).problem


def test_right_numbers_of_unnamed_genes_are_statements(judge):
    """Of the five shown genes facts know of three in base excision, and of four in the pathway."""
    for step, ending in (
        ("3 of the 5 genes take part in base excision.", ("base excision", {"A", "B", "C"}, "below")),
        ("Among 5 genes, 4 belong to pathway Strand break sensing.", ("Strand break sensing", set("ABCD"), "words")),
    ):
        judged = judge.judge(gene_set(REPAIR, "strand repair"), SHOWN, [step])
        assert (judged.problem, judged.ending) == ("", ending)
    judged = judge.judge(gene_set(REPAIR, "strand repair"), ["A", "B", "C"], ["All 3 genes act in base excision."])
    assert judged.ending.genes == {"A", "B", "C"}


def test_a_language_models_trace_is_read(judge):
    """The claims of prose count; what no fact knows does not, and is no fault."""
    steps = [
        "A is a ligase that seals nicks, and it is well known for its role in base excision.",
        "B and C are also involved in base excision, while E is a kinase of unclear function.",
        "Both B and C, together with A, are part of base excision, which points to a broader theme of repair.",
    ]
    judged = judge.judge(gene_set(REPAIR, "strand repair"), SHOWN, steps)
    assert judged.problem == "" and judged.ending.genes == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("3 of the 5 genes repair.", 3),
        ("All five genes repair.", 5),
        ("Among 5 genes, 3 repair.", 3),
        ("among the seven genes, two repair", 2),
        ("All fourteen genes repair.", 14),
        ("A and B repair.", None),
        ("None of the five genes repair.", None),
        ("Not all five genes repair.", None),
        ("At least two of the genes repair.", None),
        ("Two genes repair and three genes copy.", None),
    ],
)
def test_how_many_genes_a_sentence_counts(sentence, number):
    assert counted_genes(sentence) == number
