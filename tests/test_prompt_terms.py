"""Enriched terms in prompts: what is withheld, by hand; controls; and training questions as examples."""

import pytest
from refusals import refused

from reasonome.config.styles import count_tokens
from reasonome.enrichment.over_representation import GeneSetLibrary, LibrarySet, OverRepresentation, Universe
from reasonome.facts.text import bare_name, without_regulation
from reasonome.tasks import load_project
from reasonome.tasks.naming.prompt_neighbours import with_examples
from reasonome.tasks.naming.prompt_terms import (
    HeldOut,
    shown_terms,
    with_enriched_terms,
    withheld_terms,
)
from reasonome.tasks.naming.questions import Example, Gene, ShownTerm
from reasonome.tasks.naming.settings import NamingStyle, PromptTerms
from reasonome.tasks.naming.task import GeneSetNaming

TASK = GeneSetNaming()
SPEC = PromptTerms(most=3, libraries=["lib"], budget_tokens=500)


def example(symbols="ABCD", id="GO:1", name="regulation of DNA repair", **more):
    return Example(id=id, subset="bp", name=name, genes=[Gene(symbol=symbol) for symbol in symbols], **more)


def found(id="GO:9", name="vision", overlap=2, size=9, drawn=4):
    return ShownTerm(library="lib", id=id, name=name, overlap=overlap, drawn=drawn, size=size)


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("positive regulation of DNA repair", "DNA repair"),
        ("regulation of negative regulation of DNA repair", "DNA repair"),
        ("activation of DNA ligase activity", "DNA ligase activity"),
        ("DNA repair involved in regulation of vision", "DNA repair involved in regulation of vision"),
        ("regulation", "regulation"),
    ],
)
def test_words_of_regulation_are_those_that_lead(name, bare):
    assert bare_name(name) == bare
    assert without_regulation(name.upper().replace(" ", "-")) == bare.casefold()


@pytest.mark.parametrize(
    ("term", "own", "family"),
    [
        (found(), False, False),
        (found(id="GO:1"), True, True),
        (found(id="GO:2"), True, True),  # the main id
        (found(name="Regulation of DNA-repair"), True, True),
        (found(name="mending of DNA"), True, True),  # a synonym
        (found(overlap=4, size=4), True, True),  # the same genes
        (found(overlap=4, size=5), False, True),  # Jaccard index 4/5
        (found(overlap=3, size=5), False, True),  # 3/6
        (found(overlap=3, size=6), False, False),  # 3/7
        (found(name="DNA repair"), False, True),
        (found(name="negative regulation of DNA repair"), False, True),
        (found(name="negative regulation of mending of DNA"), False, True),
        (found(name="regulation of DNA repair in the dark"), False, False),
    ],
)
def test_what_is_withheld_of_a_set_by_hand(term, own, family):
    asked = example(main_id="GO:2", synonyms=["mending of DNA"])
    for withheld, expected in (("own", own), ("family", family), ("nothing", False)):
        question = asked.model_copy(update={"withheld": withheld})
        assert withheld_terms(question, 0.5, HeldOut())(term) is expected


def test_the_term_of_a_variant_is_that_of_its_set():
    variant = example(id="GO:1-own", term="GO:1", withheld="own")
    assert withheld_terms(variant, 0.5, HeldOut())(found(id="GO:1"))


def test_no_question_of_training_shows_a_held_out_term_whatever_is_withheld():
    held_out = HeldOut.of(
        [
            example(id="GO:5", name="Cell-cycle", synonyms=["cycling"], main_id="GO:50"),
            example(id="GO:6-own", name="sight", term="GO:6"),
        ]
    )
    assert held_out == HeldOut(
        frozenset({"GO:5", "GO:50", "GO:6-own", "GO:6"}), frozenset({"cell cycle", "cycling", "sight"})
    )
    shown = withheld_terms(example(withheld="nothing"), 0.5, held_out)
    assert [shown(found(id=i)) for i in ("GO:5", "GO:50", "GO:6", "GO:7")] == [True, True, True, False]
    assert [shown(found(name=n)) for n in ("cell cycle", "Cycling", "vision", "sights")] == [True, True, False, False]


# the terms of questions

SETS = {"S1": "ABCD", "S2": "ABCDE", "S3": "ABXYZ", "S4": "AVWXYZ", "S5": "BCPQR", "S6": "VWX"}


@pytest.fixture(scope="module")
def tests() -> OverRepresentation:
    sets = {i: LibrarySet(f"name of {i}", frozenset(genes)) for i, genes in SETS.items()}
    return OverRepresentation([GeneSetLibrary("lib", sets)], Universe(frozenset("ABCDEPQRVWXYZ"), ""))


def ids(rows):
    return [[term.id for term in row.enriched] for row in rows]


def test_terms_of_a_set_with_less_and_more_withheld(tests):
    """Of ABCD, S1 has the same genes and S2 a Jaccard index of 4/5; S3 and S5 share two of their five genes (2/7), S4
    one of six; S6 none."""
    rows = [example(withheld=kind) for kind in ("nothing", "own", "family")]
    with_terms = with_enriched_terms(rows, tests, SPEC, 0.5, HeldOut(), 0)
    assert ids(with_terms) == [["S1", "S2", "S3"], ["S2", "S3", "S5"], ["S3", "S5", "S4"]]
    assert with_terms[0].enriched[1] == ShownTerm(library="lib", id="S2", name="name of S2", overlap=4, drawn=4, size=5)
    assert with_terms[0].enriched[1].jaccard == 4 / 5
    held_out = HeldOut(frozenset({"S3"}), frozenset({"name of s5"}))
    assert ids(with_enriched_terms(rows, tests, SPEC, 0.5, held_out, 0)) == [["S1", "S2", "S4"], ["S2", "S4"], ["S4"]]
    assert shown_terms(tests, ["not a gene"], SPEC) == []


def controlled(tests, control, seed=0):
    rows = [example("ABCD", "GO:1"), example("VWXY", "GO:2", "sight"), example("BPQR", "GO:3", "smell")]
    spec = SPEC.model_copy(update={"control": control})
    return with_enriched_terms(rows, tests, spec, 1.1, HeldOut(), seed)


def numbers(row):
    return [(term.overlap, term.size) for term in row.enriched]


def test_controls_take_away_what_they_say(tests):
    plain = controlled(tests, None)
    assert ids(plain) == [["S2", "S3", "S5"], ["S6", "S4", "S3"], ["S5", "S1", "S2"]]
    assert ids(controlled(tests, "first")) == [["S2"], ["S6"], ["S5"]]
    # Each set's numbers are kept as pairs, its names in their order; over seeds they go to every name.
    given = [controlled(tests, "numbers", seed)[0] for seed in range(30)]
    assert {tuple(ids([row])[0]) for row in given} == {("S2", "S3", "S5")}
    assert {tuple(sorted(numbers(row))) for row in given} == {tuple(sorted(numbers(plain[0])))}
    assert {numbers(row)[0] for row in given} == {(4, 5), (2, 5)}
    # Each term keeps its numbers, and stands anywhere.
    given = [controlled(tests, "order", seed)[0] for seed in range(30)]
    assert {row.enriched[0].id for row in given} == {"S2", "S3", "S5"}
    assert all(sorted(row.enriched, key=str) == sorted(plain[0].enriched, key=str) for row in given)
    # Every set gets another one's terms, and each one's are shown once.
    for seed in range(10):
        others = ids(controlled(tests, "other", seed))
        assert sorted(others) == sorted(ids(plain))
        assert all(other != own for other, own in zip(others, ids(plain), strict=True))


@pytest.mark.parametrize("control", ["numbers", "order", "first", "other"])
def test_a_control_shows_the_same_genes_and_is_no_style_to_claim_by(project, control):
    style, own = (project.style("enriched", name) for name in ("enriched", f"enriched-{control}"))
    assert (own.is_control(), own.terms.control, style.is_control()) == (True, control, False)
    assert own.model_copy(update={"terms": style.terms}) == style
    genes = [Gene(symbol=f"GENE{i}", name="a long name of a gene that takes its room") for i in range(60)]
    asked = Example(id="GO:1", subset="bp", name="x", genes=genes, enriched=[])
    shown = [TASK.with_choice(asked, one).shown for one in (style, own)]
    assert shown[0] == shown[1] and len(shown[0]) < 60


# examples


def answered(place, size, **more):
    term = ShownTerm(library="lib", id=f"S{place}", name=f"term {place}", overlap=2, drawn=size, size=9)
    symbols = [f"G{place}x{i}" for i in range(size)]
    return example(symbols, f"T{place}", f"name {place}", enriched=[term], **more)


STYLE = NamingStyle(
    gene="{symbol}",
    budget_tokens=100,
    terms=SPEC,
    examples={"most": 2, "budget_tokens": 100},
    system="",
    user="{examples}\n\n{terms}\nGenes: {genes}",
)
# Quartiles of 2, 4, 5, 6, 9 genes are 4 and 6; T5 and T6 are of no use, whatever their size.
TRAINING = [answered(place, size) for place, size in enumerate((2, 4, 5, 6, 9))]
TRAINING += [answered(5, 5, withheld="nothing", term="T5"), answered(6, 5).model_copy(update={"enriched": []})]


def test_examples_are_of_like_size_and_the_same_in_every_question():
    splits = {"train": TRAINING, "valid": [], "test": [answered(8, 3), answered(9, 30)]}
    drawn = set()
    for seed in range(20):
        style = STYLE.model_copy(update={"seed": seed})
        found = with_examples(splits, style)
        (shown,) = {tuple(shot.name for shot in row.shots) for row in found["test"]}
        drawn |= {frozenset(shown)}
        assert found == with_examples({**splits, "train": TRAINING[::-1]}, style) | {"train": found["train"]}
        # A training question is not shown its own answer.
        own = {row.name: [shot.name for shot in row.shots] for row in found["train"]}
        assert all(own[name] == [other for other in shown if other != name] for name in own)
    assert drawn == {frozenset({f"name {a}", f"name {b}"}) for a, b in ((1, 2), (1, 3), (2, 3))}


def test_too_few_training_sets_for_examples_is_an_error():
    with refused(field="examples.most", fix="give the benchmark more training sets"):
        many = STYLE.model_copy(update={"examples": STYLE.examples.model_copy(update={"most": 3})})
        with_examples({"train": TRAINING, "test": []}, many)


def test_examples_stand_where_the_text_has_them_as_far_as_their_budget_goes():
    splits = {"train": TRAINING, "test": [example("AB", enriched=[])]}
    [row] = with_examples(splits, STYLE)["test"]
    first, second = (shot.name.removeprefix("name ") for shot in row.shots)
    sizes = {"1": 4, "2": 5, "3": 6}
    texts = [f"term {n} (2 of {sizes[n]} genes)\nProcess: name {n}" for n in (first, second)]
    assert TASK.prompt(row, STYLE).messages[1]["content"].startswith(f"{texts[0]}\n\n{texts[1]}\n\nnone\nGenes: ")
    [cost] = count_tokens([f"{texts[0]}\n\n"])
    for budget, fitting in ((cost - 1, 0), (cost, 1), (2 * cost - 1, 1)):
        tight = STYLE.model_copy(update={"examples": STYLE.examples.model_copy(update={"budget_tokens": budget})})
        assert len(TASK.with_choice(row, tight).shots) == fitting
    with refused(fix="take the sets from"):
        TASK.prompt(example(enriched=[]), STYLE)


# styles that are like others


def write(config, text, name="mine"):
    path = config / "prompts" / f"gene_set_naming.{name}.txt"
    path.write_text(text)
    return path


def test_a_style_like_another_differs_in_what_it_says(config):
    write(config, "---\nlike: enriched\nseed: 3\nterms:\n  most: 4\n---\n")
    write(config, "---\nlike: enriched\n---\n[system]\nName it.\n[user]\n{terms} and {genes}\n", "told")
    project = load_project(config)
    style, mine, told = (project.style("enriched", name) for name in ("enriched", "mine", "told"))
    assert (mine.seed, mine.terms.most) == (3, 4)
    assert mine.model_copy(update={"seed": 0, "terms": style.terms}) == style
    assert (told.user, told.terms) == ("{terms} and {genes}", style.terms)


@pytest.mark.parametrize(
    ("other", "fix"), [("enrichd", "did you mean 'enriched'?"), ("enriched-first", "write like: enriched")]
)
def test_a_style_like_one_that_does_not_serve(config, other, fix):
    path = write(config, f"---\nlike: {other}\n---\n")
    with refused(path, 2, "like", fix=fix):
        load_project(config).style("enriched", "mine")
