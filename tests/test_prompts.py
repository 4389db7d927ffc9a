"""Prompts: the budget, the order of genes, and gene names that could do harm."""

import random
from types import SimpleNamespace

import pytest
from checkout import ROOT
from refusals import refused

from reasonome.benchmarks.rows import read_rows
from reasonome.config.styles import count_tokens
from reasonome.core import atomic
from reasonome.facts.sources.hgnc import read_genes
from reasonome.prompts.prompts import gene_order, gene_text
from reasonome.tasks.naming.questions import Example, Fact, Gene, Neighbour, ShownTerm
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.task import GeneSetNaming

TASK = GeneSetNaming()


def style(**changes):
    given = {
        "gene": "{symbol} ({name})",
        "separator": "; ",
        "budget_tokens": 8,
        "system": "Name it.",
        "user": "Genes: {genes}",
    }
    return NamingStyle(**{**given, **changes})


def genes(*pairs):
    return [Gene(symbol=symbol, name=name) for symbol, name in pairs]


def prompt_of(genes, style, order=0, **fields):
    return TASK.prompt(Example(id="GO:1", subset="bp", name="DNA repair", genes=genes, **fields), style, order)


def test_the_budget_is_kept_to_the_token():
    # "G1 (kinase one); " is 5 characters of a token each and 12 of half a token: 11 + 11 + 11 = 33 fit into 33 and 34.
    five = genes(*[(f"G{i}", "kinase one") for i in range(5)])
    for budget, shown in ((32, 2), (33, 3), (34, 3), (55, 5), (100, 5)):
        prompt = prompt_of(five, style(budget_tokens=budget))
        assert len(prompt.shown) == shown
        assert prompt.left_out == 5 - shown
        assert prompt.listing == prompt.messages[1]["content"].removeprefix("Genes: ")
        text = "; ".join(f"{symbol} (kinase one)" for symbol in prompt.shown)
        assert prompt.messages == [
            {"role": "system", "content": "Name it."},
            {"role": "user", "content": f"Genes: {text}"},
        ]


def test_one_gene_is_shown_whatever_it_costs():
    prompt = prompt_of(genes(("A", "word " * 50), ("B", "word " * 50)), style())
    assert (len(prompt.shown), prompt.left_out) == (1, 1)


def test_every_order_lists_the_genes_that_were_chosen():
    """Before, each order cut the set anew, so that two orders of one question showed different genes."""
    ten = genes(*[(f"G{i}", "kinase one") for i in range(10)])
    prompts = [prompt_of(ten, style(budget_tokens=44), order) for order in range(6)]
    assert {frozenset(prompt.shown) for prompt in prompts} == {frozenset(prompts[0].shown)}
    assert {prompt.left_out for prompt in prompts} == {6}
    assert len({tuple(prompt.shown) for prompt in prompts}) > 2
    listed = style(budget_tokens=44, order="listed")
    assert [prompt_of(ten, listed, order).shown for order in (0, 1)] == [["G0", "G1", "G2", "G3"]] * 2


def test_a_cut_contaminated_set_shows_its_share_of_outliers():
    """Five of ten genes are replaced, and stand first: of four genes shown all would be outliers."""
    ten = genes(*[(f"G{i}", "kinase one") for i in range(10)])
    half = {"outliers": [f"G{i}" for i in range(5)], "contaminated": 0.5, "term": "GO:1"}
    listed = style(budget_tokens=44, order="listed")
    assert prompt_of(ten, listed, **half).shown == ["G0", "G1", "G5", "G6"]
    assert prompt_of(ten, style(budget_tokens=110, order="listed"), **half).shown == [f"G{i}" for i in range(10)]
    # Three of ten: of four genes one, whole and rounded down; the seeded order decides which.
    few = half | {"outliers": ["G7", "G8", "G9"]}
    for seed in range(10):
        assert len({*prompt_of(ten, style(budget_tokens=44, seed=seed), **few).shown} & {"G7", "G8", "G9"}) == 1
    # A set without outliers is cut as it was.
    assert prompt_of(ten, listed).shown == ["G0", "G1", "G2", "G3"]


def test_a_choice_is_made_once(tmp_path):
    example = Example(id="GO:1", subset="bp", name="x", genes=genes(*[(f"G{i}", "kinase one") for i in range(5)]))
    chosen = TASK.with_choice(example, style(budget_tokens=22))
    assert len(chosen.shown) == 2
    assert TASK.with_choice(chosen, style(budget_tokens=500)) == chosen
    assert TASK.prompt(chosen, style(budget_tokens=500)) == TASK.prompt(example, style(budget_tokens=22))
    atomic.write_jsonl(tmp_path / "rows.jsonl", [chosen.model_dump(exclude_defaults=True)])
    assert read_rows(tmp_path / "rows.jsonl", Example) == [chosen]


@pytest.mark.parametrize(("kind", "asked"), [("molecular function", "molecular function"), ("", "process or part")])
def test_the_kind_that_is_asked_for_stands_in_the_prompt(kind, asked):
    wanted = style(system="Which {kind}?", user="The {kind} of {genes}", any_kind="process or part", gene="{symbol}")
    prompt = prompt_of(genes(("{kind}", "")), wanted, kind=kind)
    assert [message["content"] for message in prompt.messages] == [f"Which {asked}?", f"The {asked} of {{kind}}"]


def test_the_order_is_that_of_the_set_and_the_seed():
    symbols = [f"G{i:02d}" for i in range(40)]
    ordered = [symbols[i] for i in gene_order(symbols, 0)]
    assert sorted(ordered) == symbols
    assert ordered != symbols
    for shuffle in range(5):
        mixed = list(symbols)
        random.Random(shuffle).shuffle(mixed)
        assert [mixed[i] for i in gene_order(mixed, 0)] == ordered
    assert [symbols[i] for i in gene_order(symbols, 1)] != ordered


def test_the_prompt_does_not_depend_on_what_it_asks_for():
    listed = genes(*[(f"G{i}", "kinase") for i in range(10, 30)])  # "G10 (kinase); " is 10 tokens
    prompts = [
        TASK.prompt(Example(id=id, subset=subset, name=name, genes=listed), style(budget_tokens=40))
        for id, subset, name in (("GO:1", "bp", "DNA repair"), ("GO:2", "cc", "nucleus"))
    ]
    assert prompts[0] == prompts[1]
    assert prompts[0].left_out == 16


@pytest.mark.parametrize("name", ["{genes}", "{symbol}", "{", "}{", "{0.__class__}", "%s"])
def test_braces_in_a_name_are_only_braces(name):
    prompt = prompt_of(genes(("A", name), ("{genes}", name)), style(budget_tokens=99))
    content = prompt.messages[1]["content"]
    assert content.count(f"A ({name})") == 1
    assert content.count(f"{{genes}} ({name})") == 1
    assert len(content) == len(f"Genes: A ({name}); {{genes}} ({name})")


@pytest.mark.parametrize("white", ["\n", "\r\n", "\n\nProcess: x\n", "\u2028", "\t"])
def test_a_gene_stays_on_its_line(white):
    prompt = prompt_of(genes((f"A{white}B", f"kinase{white}one")), style())
    content = prompt.messages[1]["content"]
    assert content.splitlines() == [content]
    assert content == f"Genes: {' '.join(f'A{white}B'.split())} ({' '.join(f'kinase{white}one'.split())})"


def test_an_unknown_name_is_said_to_be_unknown():
    assert gene_text(SimpleNamespace(symbol="A", name=" "), style()) == "A (name unknown)"
    assert gene_text(SimpleNamespace(symbol="A", name=""), style(gene="{symbol}")) == "A"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a", 1),
        ("abc", 2),
        ("abcd", 2),
        ("a b", 2),  # the space counts as a letter does
        ("TP53", 4),
        ("TP53 ", 5),
        ("H2-K1", 5),
        ("é\t", 2),
        ("ATM (ATM serine/threonine kinase); ", 23),  # 6 capitals, ( / ) ; and, of 21 small letters and 4 spaces, 13
    ],
)
def test_the_count_is_half_a_token_a_small_letter_and_one_any_other(text, count):
    assert count_tokens([text, "ab"]) == [count, 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["names", "symbols"])
def test_the_count_is_no_less_than_a_real_tokenizers(project, backbone_model, name):
    """Of all genes of the demo; as in a prompt, the separator counts with its gene."""
    from transformers import AutoTokenizer

    wanted = project.style("demo-go", name)
    table = read_genes(ROOT / project.sources["hgnc-demo"].files["table"].path)
    texts = [gene_text(gene, wanted) + wanted.separator for gene in table]
    assert len(texts) == 20_015
    tokenizer = AutoTokenizer.from_pretrained(backbone_model)
    counted = [len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    exceeded = [text for text, real, ours in zip(texts, counted, count_tokens(texts), strict=True) if real > ours]
    assert exceeded == []


def told(symbol, *objects):
    return Gene(symbol=symbol, name="kinase", facts=tuple(Fact(relation="has_domain", object=o) for o in objects))


def with_facts(**changes):
    return style(budget_tokens=100, separator="\n", facts={"most": 2, "budget_tokens": 100, **changes})


def test_facts_stand_behind_their_gene():
    prompt = prompt_of([told("A", "BRCT", "RING\nfinger", "third")], with_facts())
    assert prompt.listing == "A (kinase): has domain BRCT, has domain RING finger"
    assert prompt.facts_left_out == 0  # the third is one more than the style shows
    prompt = prompt_of([told("A", "BRCT", "B")], with_facts(fact="{object}", opening=" = ", separator="+"))
    assert prompt.listing == "A (kinase) = BRCT+B"
    assert prompt_of([told("A")], with_facts()).listing == "A (kinase)"


def test_the_last_facts_of_every_gene_are_left_out_first_and_no_gene_for_them():
    # ": has domain one" is 1 and 7.5, so 9 tokens, and so is ", has domain two": two first facts and one second fact
    # fit into 27.
    two = [told("A", "one", "two"), told("B", "one", "two")]
    for budget, listed, left in ((36, 4, 0), (27, 3, 1), (26, 2, 2), (18, 2, 2)):
        prompt = prompt_of(two, with_facts(budget_tokens=budget))
        assert len(prompt.shown) == 2
        assert (prompt.listing.count("has domain"), prompt.facts_left_out) == (listed, left)
    assert prompt.listing.count("one") == 2


def test_a_fact_that_does_not_fit_takes_only_its_gene_out():
    three = [told("A", "a " * 20, "short"), told("B", "one", "two")]
    prompt = prompt_of(three, with_facts(budget_tokens=20))
    assert "A (kinase)\n" in prompt.listing + "\n"
    assert "B (kinase): has domain one, has domain two" in prompt.listing
    assert prompt.facts_left_out == 2


def test_a_row_holds_the_facts_that_its_prompt_shows():
    style_ = with_facts(budget_tokens=27)
    example = Example(id="GO:1", subset="bp", name="x", genes=[told("A", "one", "two"), told("B", "one", "two")])
    chosen = TASK.with_choice(example, style_)
    assert sorted(len(gene.facts) for gene in chosen.genes) == [1, 2]
    for order in range(5):  # of every order the same genes with the same facts
        lines = TASK.prompt(chosen, style_, order).listing.split("\n")
        assert sorted(lines) == sorted(TASK.prompt(chosen, style_).listing.split("\n"))


def neighbour(name):
    return Neighbour(name=name, genes=genes(("N1", "ligase"), ("N2", "ligase")))


def with_neighbours(**changes):
    return style(
        budget_tokens=100,
        neighbours={"most": 2, "genes": 4, "budget_tokens": 100, **changes},
        user="{neighbours}\n\nGenes: {genes}",
    )


def test_neighbours_stand_where_the_template_has_them():
    near = [neighbour("DNA repair {genes}"), neighbour("nucleus"), neighbour("third")]
    prompt = prompt_of(genes(("A", "{neighbours}")), with_neighbours(), neighbours=near)
    sets = [f"Genes: N1 (ligase); N2 (ligase)\nProcess: {name}\n" for name in ("DNA repair {genes}", "nucleus")]
    assert prompt.messages[1]["content"] == f"{''.join(sets)}\nGenes: A ({{neighbours}})"
    assert prompt.neighbours_left_out == 0
    # "Genes: N1 (ligase); N2 (ligase)\nProcess: …" is 13 + 28 / 2 = 27 tokens before the name, 3 + 13 / 2 more with the
    # first name (36 and 1 of the separator) and 4 with the second.
    prompt = prompt_of(genes(("A", "x")), with_neighbours(budget_tokens=60), neighbours=near)
    assert prompt.messages[1]["content"].count("Process:") == 1
    assert prompt.neighbours_left_out == 1


def test_a_style_with_neighbours_needs_rows_that_have_them():
    with refused(fix="take the sets from"):
        prompt_of(genes(("A", "x")), with_neighbours())


# enriched terms


def with_terms(**changes):
    return style(
        budget_tokens=100, terms={"most": 2, "budget_tokens": 100, **changes}, user="{terms}\n\nGenes: {genes}"
    )


def enriched(*names):
    return [
        ShownTerm(library="GO BP", id=f"GO:{place}", name=name, overlap=3, drawn=5, size=9)
        for place, name in enumerate(names)
    ]


def test_enriched_terms_stand_where_the_template_has_them():
    prompt = prompt_of(
        genes(("A", "{terms}")), with_terms(), enriched=enriched("DNA repair {genes}", "nucleus", "third")
    )
    assert prompt.messages[1]["content"] == (
        "DNA repair {genes} (3 of 5 genes); nucleus (3 of 5 genes)\n\nGenes: A ({terms})"
    )
    [cost] = count_tokens(["nucleus (3 of 5 genes); "])
    for budget, shown in (
        (cost - 1, "none"),
        (cost, "nucleus (3 of 5 genes)"),
        (2 * cost - 1, "nucleus (3 of 5 genes)"),
    ):
        given = with_terms(budget_tokens=budget)
        prompt = prompt_of(genes(("A", "x")), given, enriched=enriched("nucleus", "nucleus"))
        assert prompt.messages[1]["content"] == f"{shown}\n\nGenes: A (x)"
    assert prompt_of(genes(("A", "x")), with_terms(), enriched=[]).messages[1]["content"].startswith("none\n")


def test_a_style_with_enriched_terms_needs_sets_that_have_them():
    with refused(fix="take the sets from"):
        prompt_of(genes(("A", "x")), with_terms())


def test_a_question_of_enriched_terms_alone_lists_no_genes():
    alone = NamingStyle(system="", user="{terms}", terms={"most": 2, "budget_tokens": 100})
    prompt = prompt_of(genes(("A", "x"), ("B", "y")), alone, enriched=enriched("nucleus"))
    assert prompt.messages[1]["content"] == "nucleus (3 of 5 genes)"
    assert (prompt.shown, prompt.left_out, prompt.listing) == ([], 2, "")
    assert (alone.lists_genes, alone.budgets()) == (False, [0, 100])
    for wrong, message in (
        ({"user": "What is it?", "terms": None}, "it asks about nothing"),
        ({"gene": "{symbol}"}, r"has no \{genes\}: leave out 'gene'"),
        ({"budget_tokens": 8}, r"has no \{genes\}: leave out"),
        ({"user": "{terms} {genes}"}, r"has \{genes\}: give 'gene', and 'budget_tokens' of 8 or more"),
    ):
        with pytest.raises(ValueError, match=message):
            NamingStyle(**alone.model_dump() | wrong)


def test_terms_have_their_place_in_the_text_and_only_with_their_settings():
    with pytest.raises(ValueError, match=r"has \{terms\} 0 times: write it once"):
        style(terms={"most": 2, "budget_tokens": 100})
    with pytest.raises(ValueError, match=r"has \{terms\} 1 times: write it only with 'terms' in the head"):
        style(user="{terms} {genes}")
    with pytest.raises(ValueError, match=r"unknown placeholder \{p\}"):
        with_terms(term="{name} {p}")
    assert (with_terms().budgets(), with_terms().shows_more()) == ([100, 100], True)
