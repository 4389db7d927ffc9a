"""Leaks: Jaccard by hand, each kind of leak planted, facts about held-out terms, names in texts and prompts."""

import numpy as np
import pandas as pd
import pytest

from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.facts.sources.go import read_obo
from reasonome.facts.text import facts_about, names_in_prompts, names_in_texts


def gene_set(id, name, genes, subset="bp", synonyms=(), ancestors=()):
    return GeneSet(id, subset, name, frozenset(genes.split()), frozenset(synonyms), frozenset(ancestors))


def test_jaccard_by_hand():
    first = [gene_set("1", "x", "A B C"), gene_set("2", "y", "D")]
    second = [gene_set("3", "z", "B C D"), gene_set("4", "u", "A B C"), gene_set("5", "v", "E F")]
    # {A,B,C} and {B,C,D} share 2 of 4; {D} and {B,C,D} share 1 of 3.
    assert np.allclose(gene_sets.jaccard(first, second), [[2 / 4, 1, 0], [1 / 3, 0, 0]])


HELD_OUT = [gene_set("GO:1", "DNA repair", "A B C D"), gene_set("GO:2", "cell cycle", "E F G")]


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        (gene_set("GO:1", "another name", "X Y Z"), "same_term"),
        (gene_set("GO:1", "another name", "X Y Z", subset="mf"), "same_term"),
        (gene_set("GO:9", "DNA Repair", "X Y Z"), "same_name"),
        (gene_set("GO:9", "another name", "D C B A"), "identical_set"),
        (gene_set("GO:9", "another name", "A B"), "jaccard"),  # 2 of 4, exactly the threshold
        (gene_set("GO:9", "another name", "A B E"), ""),  # 2 of 5
        (gene_set("GO:9", "another name", "E F X"), "jaccard"),  # 2 of 4 with the second set
        (gene_set("GO:9", "another name", "A B C D P Q R S T"), "containment"),  # all of the first, with 4 of 9
        (gene_set("GO:9", "another name", "E F P Q R S T"), ""),  # two of three
        (gene_set("GO:9", "another name", "X Y Z"), ""),
    ],
)
def test_a_leak_is_found_and_named(planted, reason):
    assert gene_sets.leaks([planted], HELD_OUT, 0.5) == [reason]


@pytest.mark.parametrize(("shared", "union"), [(1, 3), (3, 10), (7, 10), (2, 3)])
def test_the_threshold_itself_leaks_whatever_its_fraction(shared, union):
    genes = [f"G{i}" for i in range(union)]
    pair = [gene_set("GO:1", "x", " ".join(genes)), gene_set("GO:2", "y", " ".join(genes[:shared]))]
    assert gene_sets.leaks(pair[1:], pair[:1], shared / union) == ["jaccard"]
    assert gene_sets.leaks(pair[1:], pair[:1], shared / union + 1e-6, ["jaccard"]) == [""]


def test_most_of_a_test_set_inside_a_training_set_leaks_and_the_reverse_where_sizes_are_near():
    ten = [f"G{i}" for i in range(10)]
    tested = [gene_set("GO:1", "x", " ".join(ten))]
    more = [f"H{i}" for i in range(90)]

    def found(genes, share=0.9):
        return gene_sets.match([gene_set("GO:2", "y", " ".join(genes))], tested, 1.0, share).pairs["containment"]

    # A training set of 99 genes has nine of the ten; with eight it does not leak, unless the share is .8.
    assert found([*ten[:9], *more]) == {0: 0}
    assert found([*ten[:8], *more]) == {} and found([*ten[:8], *more], 0.8) == {0: 0}
    # A training set of five genes lies inside one of ten, twice as large. One of four is too small.
    assert found(ten[:5]) == {0: 0}
    assert found(ten[:4]) == {}
    assert found([*ten[:4], "H1"]) == {}  # .8 of it


def test_nothing_leaks_into_nothing():
    assert gene_sets.leaks(HELD_OUT, [], 0.5) == ["", ""]
    assert gene_sets.leaks([], HELD_OUT, 0.5) == []


def test_facts_about_terms_by_id_or_name():
    facts = pd.DataFrame(
        {"object_id": ["GO:1", "R:1", "GO:2", "R:2"], "object_name": ["x", "DNA-Repair", "cell cycle", "DNA repair 2"]}
    )
    assert facts_about(facts, [("GO:1", "DNA repair")]).tolist() == [True, True, False, False]
    assert facts_about(facts, []).tolist() == [False] * 4
    assert facts_about(facts, [("GO:1", "DNA repair"), ("GO:1", "DNA repair 2")]).tolist()[3]


def test_only_the_kinds_asked_for_leak():
    planted = [gene_set("GO:1", "cell cycle", "A B C D")]  # the same term, name and set as held-out ones
    assert gene_sets.leaks(planted, HELD_OUT, 0.5, ("jaccard", "same_name")) == ["same_name"]
    assert gene_sets.leaks(planted, HELD_OUT, 0.5, ()) == [""]


@pytest.mark.parametrize(
    ("training", "held_out"),
    [
        (gene_set("GO:9", "mending of DNA", "X"), gene_set("GO:1", "DNA repair", "A", synonyms=["Mending of DNA"])),
        (gene_set("GO:9", "other", "X", synonyms=["dna-repair"]), gene_set("GO:1", "DNA repair", "A")),
        (
            gene_set("GO:9", "other", "X", synonyms=["mending"]),
            gene_set("GO:1", "DNA repair", "A", synonyms=["Mending"]),
        ),
    ],
)
def test_a_name_leaks_by_any_synonym(training, held_out):
    assert gene_sets.match([training], [held_out], 0.5).pairs["same_name"] == {0: 0}
    assert gene_sets.leaks([training], [held_out], 0.5) == ["same_name"]


@pytest.mark.parametrize(("above", "below"), [((), ("GO:1",)), (("GO:9",), ())])
def test_ancestor_and_descendant_are_related(above, below):
    training, held_out = gene_set("GO:9", "x", "X", ancestors=below), gene_set("GO:1", "y", "A", ancestors=above)
    matches = gene_sets.match([gene_set("GO:8", "z", "Z"), training], [held_out], 0.5)
    assert matches.pairs["related_term"] == {1: 0}
    assert gene_sets.leaks([training], [held_out], 0.5) == [""]
    assert gene_sets.leaks([training], [held_out], 0.5, gene_sets.KINDS) == ["related_term"]


def test_every_kind_is_looked_for_by_itself():
    matches = gene_sets.match([gene_set("GO:1", "cell cycle", "D C B A")], HELD_OUT, 0.5)
    assert matches.pairs == {
        "same_term": {0: 0},
        "same_name": {0: 1},
        "identical_set": {0: 0},
        "jaccard": {0: 0},
        "containment": {0: 0},
        "related_term": {},
    }
    assert matches.closest == (1.0, 0, 0)


def test_the_closest_pair_is_given_though_it_does_not_leak():
    matches = gene_sets.match([gene_set("GO:8", "x", "X"), gene_set("GO:9", "y", "E F X Y")], HELD_OUT, 0.5)
    assert matches.closest == (2 / 5, 1, 1)  # {E,F,X,Y} and {E,F,G}
    assert not any(matches.pairs.values())


def test_blocks_of_the_jaccard_matrix_make_the_whole(monkeypatch):
    training = [gene_set(f"T{i}", "x", " ".join(f"G{j}" for j in range(i, i + 5))) for i in range(10)]
    held_out = [gene_set(f"H{i}", "y", " ".join(f"G{j}" for j in range(i, i + 4))) for i in range(0, 10, 3)]
    monkeypatch.setattr(gene_sets, "_ROWS_AT_ONCE", 3)
    highest, position, contained = gene_sets.overlaps(training, held_out, 0.75)
    whole = gene_sets.jaccard(training, held_out)
    assert np.array_equal(highest, whole.max(axis=1)) and np.array_equal(position, whole.argmax(axis=1))
    # Held-out sets begin at genes 0, 3, 6 and 9, and have four genes, of which a training set must have three.
    assert contained == {0: 0, 1: 0, 2: 1, 3: 1, 4: 1, 5: 2, 6: 2, 7: 2, 8: 3, 9: 3}


OBO = """format-version: 1.2
default-namespace: biological_process

[Term]
id: GO:1
name: DNA repair

[Term]
id: GO:2
name: base-excision repair
alt_id: GO:22
synonym: "BER \\"short\\" patch" EXACT [REF:1]
synonym: "a wider thing" BROAD []
is_a: GO:1 ! DNA repair

[Term]
id: GO:3
name: gap filling
relationship: part_of GO:2
"""


def test_an_ontology_gives_main_ids_exact_synonyms_and_all_ancestors(tmp_path):
    (tmp_path / "small.obo").write_text(OBO)
    ontology = read_obo(tmp_path / "small.obo")
    found = gene_sets.with_terms(
        [gene_set("GO:22", "BER", "A"), gene_set("GO:3", "x", "B"), gene_set("R:1", "y", "C")], ontology
    )
    assert [s.term_id for s in found] == ["GO:2", "GO:3", "R:1"]
    assert [s.id for s in found] == ["GO:22", "GO:3", "R:1"]
    # Of another name than the ontology's, a set has that one too.
    assert [set(s.synonyms) for s in found] == [{'BER "short" patch', "base-excision repair"}, {"gap filling"}, set()]
    assert [set(s.ancestors) for s in found] == [{"GO:1"}, {"GO:1", "GO:2"}, set()]


def test_an_old_name_under_an_alternative_id_leaks_by_the_current_one(tmp_path):
    (tmp_path / "small.obo").write_text(OBO)
    held_out = gene_sets.with_terms([gene_set("GO:22", "old name of it", "A")], read_obo(tmp_path / "small.obo"))
    assert gene_sets.leaks([gene_set("R:7", "Base-Excision Repair", "X")], held_out, 0.5) == ["same_name"]


def test_a_name_that_differs_only_in_case_is_no_synonym(tmp_path):
    (tmp_path / "small.obo").write_text(OBO)
    (found,) = gene_sets.with_terms([gene_set("GO:1", "Dna Repair", "A")], read_obo(tmp_path / "small.obo"))
    assert found.synonyms == frozenset()


def test_names_to_look_for_are_the_name_and_synonyms_of_several_words():
    one = gene_set("GO:1", "Apoptosis", "A", synonyms=["programmed cell-death", "PCD", "suicide", "--"])
    assert one.searchable_names == {"apoptosis", "programmed cell death"}
    assert one.names == {"apoptosis", "programmed cell death", "pcd", "suicide", ""}


def test_a_prompt_holds_its_names_as_whole_words_only():
    prompts = ["Genes: A (Cell-Cycle kinase)", "Genes: A (cell cycles)", "Genes: B (DNA repair)", "Genes: C", "a b c"]
    names = [["cell cycle"], ["cell cycle"], ["cell cycle"], ["Process"], ["b", "b c", "c d e"]]
    assert names_in_prompts(prompts, names) == ["cell cycle", "", "", "", "b c"]


def test_texts_hold_the_longest_name_as_whole_words():
    names = ["repair", "DNA repair", "cell cycle", "DNA"]
    texts = ["the DNA-repair of A", "unrepaired", "a CELL cycle", "repairs DNAs", ""]
    assert names_in_texts(texts, names) == [1, None, 2, None, None]
    assert names_in_texts(texts, []) == [None] * 5


def test_a_set_of_another_collection_gets_the_names_of_the_term_that_goes_by_its_name(tmp_path):
    path = tmp_path / "go.obo"
    path.write_text(
        "format-version: 1.2\n\n[Term]\nid: GO:0006956\nname: complement activation\nnamespace: biological_process\n"
        'synonym: "complement cascade" EXACT []\n\n[Term]\nid: GO:1\nname: other\nnamespace: biological_process\n'
    )
    sets = [gene_set("R-HSA-166658", "Complement Cascade", "C3 C5"), gene_set("R-HSA-1", "Hemostasis", "F2")]
    found = gene_sets.with_other_names(sets, read_obo(path))
    assert [one.synonyms for one in found] == [{"complement activation", "complement cascade"}, set()]
    assert [one.term_id for one in found] == ["R-HSA-166658", "R-HSA-1"]
