"""Neighbours: near sets that would be no leak, nearest first, the same whatever the order of the rows."""

from refusals import refused

from reasonome.tasks.naming.prompt_neighbours import with_neighbours
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.settings import NamingStyle

STYLE = NamingStyle(
    gene="{symbol} ({name})",
    budget_tokens=100,
    neighbours={"most": 2, "genes": 2, "budget_tokens": 100},
    system="",
    user="{neighbours} {genes}",
)


def example(id, name, words, *symbols, **more):
    return Example(id=id, subset="bp", name=name, genes=[Gene(symbol=s, name=words) for s in symbols], **more)


TRAINING = [
    example("T1", "DNA repair", "DNA ligase", "A", "B", "C"),
    example("T2", "DNA binding", "DNA helicase", "D", "E", "F"),
    example("T3", "nucleus", "lamin", "X", "Y"),
    example("T4", "ligation", "DNA ligase", "A", "B", "Z"),  # Jaccard 2/4 with T1
]


def names(rows, threshold=0.5, training=TRAINING):
    return [[n.name for n in row.neighbours] for row in with_neighbours(rows, training, STYLE, threshold)]


def test_the_nearest_come_first():
    asked = example("Q", "?", "DNA ligase", "A", "P", "Q", "R")  # Jaccard 1/6 with T1 and T4
    assert names([asked], training=TRAINING[:3]) == [["DNA repair", "DNA binding"]]
    assert set(names([asked])[0]) == {"DNA repair", "ligation"}
    assert names([asked]) == names([asked], training=TRAINING[::-1])


def test_a_training_set_is_shown_neither_itself_nor_what_would_leak_into_it():
    assert names(TRAINING[:1]) == [["DNA binding", "nucleus"]]  # not T1, nor T4 at the threshold
    assert names(TRAINING[:1], threshold=0.51) == [["ligation", "DNA binding"]]
    same_name = example("T9", "dna-binding", "DNA helicase", "U", "V")
    assert "DNA binding" not in names([same_name])[0]
    same_synonym = example("T9", "other", "DNA helicase", "U", "V", synonyms=["DNA binding"])
    assert "DNA binding" not in names([same_synonym])[0]
    contaminated = example("T2-50", "?", "DNA helicase", "U", "V", term="T2", contaminated=0.5)
    assert "DNA binding" not in names([contaminated])[0]


def test_genes_that_do_not_fit_choose_no_neighbour():
    """One gene of each set fits. By all genes "ligation" is nearest, of which the prompt shows nothing."""
    listed = [("A", "zinc ion"), ("B", "DNA ligase one"), ("C", "DNA ligase two")]
    asked = Example(id="Q", subset="bp", name="?", genes=[Gene(symbol=s, name=name) for s, name in listed])
    training = [example("T1", "ligation", "DNA ligase", "P", "R", "S"), example("T2", "binding", "zinc ion", "Z")]
    tight = STYLE.model_copy(update={"budget_tokens": 12, "order": "listed"})
    shown = [with_neighbours([asked], training, style, 0.5)[0].neighbours for style in (STYLE, tight)]
    assert [[near.name for near in own] for own in shown] == [["ligation", "binding"], ["binding", "ligation"]]


def test_as_many_genes_as_are_shown_are_kept():
    near = with_neighbours(TRAINING[1:2], TRAINING, STYLE, 0.5)[0].neighbours
    assert [len(n.genes) for n in near] == [2, 2]


def test_fewer_than_wanted_where_there_are_no_more():
    assert names(TRAINING[2:3], training=TRAINING[1:3]) == [["DNA binding"]]


def test_a_set_for_which_every_training_set_would_leak_is_named():
    asked = example("Q", "dna-binding", "DNA ligase", "A", "B", "C")  # the genes of T1, the name of T2
    with refused(fix="give the benchmark more training sets"):
        with_neighbours([TRAINING[2], asked], TRAINING[:2], STYLE, 0.5)


def test_without_training_sets():
    with refused(fix="choose a style without neighbours"):
        with_neighbours(TRAINING[:1], [], STYLE, 0.5)
