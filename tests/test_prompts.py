"""Prompts: the budget, the order of genes, and gene names that could do harm."""

import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from reasonome.config import Style
from reasonome.errors import InputError
from reasonome.prompts import conservative_count, gene_order, gene_set_prompt, gene_text, token_counter
from reasonome.sources.hgnc import read_genes
from reasonome.tasks.gene_set_naming import Example, Fact, Gene, GeneSetNaming, Neighbour

ROOT = Path(__file__).parents[1]


def style(**changes):
    given = {
        "gene": "{symbol} ({name})",
        "separator": "; ",
        "budget_tokens": 8,
        "system": "Name it.",
        "user": "Genes: {genes}",
    }
    return Style(**{**given, **changes})


def words(texts):
    """One token per word."""
    return [len(text.split()) for text in texts]


def genes(*pairs):
    return [Gene(symbol=symbol, name=name) for symbol, name in pairs]


def test_the_budget_is_kept_to_the_token():
    # Every gene is three words, "G1 (kinase one);": 3 + 3 + 3 = 9 fit into 9 and 10, two genes into 8.
    five = genes(*[(f"G{i}", "kinase one") for i in range(5)])
    for budget, shown in ((8, 2), (9, 3), (10, 3), (15, 5), (100, 5)):
        prompt = gene_set_prompt(five, style(budget_tokens=budget), words)
        assert len(prompt.shown) == shown
        assert prompt.left_out == 5 - shown
        text = "; ".join(f"{symbol} (kinase one)" for symbol in prompt.shown)
        assert prompt.messages == [
            {"role": "system", "content": "Name it."},
            {"role": "user", "content": f"Genes: {text}"},
        ]


def test_one_gene_is_shown_whatever_it_costs():
    prompt = gene_set_prompt(genes(("A", "word " * 50), ("B", "word " * 50)), style(), words)
    assert (len(prompt.shown), prompt.left_out) == (1, 1)


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
    listed = genes(*[(f"G{i}", "kinase") for i in range(20)])
    task = GeneSetNaming()
    prompts = [
        task.prompt(Example(id=id, subset=subset, name=name, genes=listed), style(), words)
        for id, subset, name in (("GO:1", "bp", "DNA repair"), ("GO:2", "cc", "nucleus"))
    ]
    assert prompts[0] == prompts[1]
    assert prompts[0].left_out == 16


def test_ten_thousand_genes():
    prompt = gene_set_prompt(genes(*[(f"G{i}", "kinase") for i in range(10_000)]), style(budget_tokens=100), words)
    assert (len(prompt.shown), prompt.left_out) == (50, 9_950)


def test_an_empty_set_is_an_error():
    with pytest.raises(InputError, match="empty gene set"):
        gene_set_prompt([], style(), words)


@pytest.mark.parametrize("name", ["{genes}", "{symbol}", "{", "}{", "{0.__class__}", "%s"])
def test_braces_in_a_name_are_only_braces(name):
    prompt = gene_set_prompt(genes(("A", name), ("{genes}", name)), style(), words)
    content = prompt.messages[1]["content"]
    assert content.count(f"A ({name})") == 1
    assert content.count(f"{{genes}} ({name})") == 1
    assert len(content) == len(f"Genes: A ({name}); {{genes}} ({name})")


@pytest.mark.parametrize("white", ["\n", "\r\n", "\n\nProcess: x\n", "\u2028", "\t"])
def test_a_gene_stays_on_its_line(white):
    prompt = gene_set_prompt(genes((f"A{white}B", f"kinase{white}one")), style(), words)
    content = prompt.messages[1]["content"]
    assert content.splitlines() == [content]
    assert content == f"Genes: {' '.join(f'A{white}B'.split())} ({' '.join(f'kinase{white}one'.split())})"


def test_an_unknown_name_is_said_to_be_unknown():
    assert gene_text(SimpleNamespace(symbol="A", name=" "), style()) == "A (name unknown)"
    assert gene_text(SimpleNamespace(symbol="A", name=""), style(gene="{symbol}")) == "A"


def test_the_listing_is_what_the_prompt_shows():
    prompt = gene_set_prompt(genes(*[(f"G{i}", "kinase\none") for i in range(5)]), style(), words)
    assert prompt.listing == prompt.messages[1]["content"].removeprefix("Genes: ")
    assert prompt.listing.count("; ") == len(prompt.shown) - 1 == 1


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
def test_the_conservative_count_is_half_a_token_a_small_letter_and_one_any_other(text, count):
    assert conservative_count([text, "ab"]) == [count, 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["names", "symbols"])
def test_the_conservative_count_is_no_less_than_a_real_tokenizers(project, backbone_model, name):
    """Of all genes of the demo; as in a prompt, the separator counts with its gene."""
    from transformers import AutoTokenizer

    wanted = project.style("demo-go", name)
    table = read_genes(ROOT / project.sources["hgnc-demo"].files["table"].path)
    texts = [gene_text(gene, wanted) + wanted.separator for gene in table]
    assert len(texts) == 20_015
    counted = token_counter(AutoTokenizer.from_pretrained(backbone_model))(texts)
    exceeded = [text for text, real, ours in zip(texts, counted, conservative_count(texts), strict=True) if real > ours]
    assert exceeded == []


def test_the_shipped_styles_of_the_demo_write_what_they_always_wrote(project):
    listed = genes(("TP53", "tumor protein p53"), ("ATM", "ATM serine/threonine kinase"), ("XYZ", ""))
    task = "What do these human genes have in common? "
    form = 'Write "Process:" and a short name, then "Reasoning:" and steps, each in <think></think>.'
    for name, shown in (
        ("names", "Genes: ATM (ATM serine/threonine kinase); TP53 (tumor protein p53); XYZ (name unknown)"),
        ("symbols", "Genes: ATM TP53 XYZ"),
    ):
        example = Example(id="GO:1", subset="bp", name="DNA repair", genes=listed)
        prompt = GeneSetNaming().prompt(example, project.style("demo-go", name), words)
        assert prompt.messages == [
            {"role": "system", "content": task + form},
            {"role": "user", "content": shown},
        ]
        assert (prompt.left_out, prompt.facts_left_out, prompt.neighbours_left_out) == (0, 0, 0)


def told(symbol, *objects):
    return Gene(symbol=symbol, name="kinase", facts=tuple(Fact(relation="has_domain", object=o) for o in objects))


def with_facts(**changes):
    return style(budget_tokens=100, separator="\n", facts={"most": 2, "budget_tokens": 100, **changes})


def test_facts_stand_behind_their_gene():
    prompt = gene_set_prompt([told("A", "BRCT", "RING\nfinger", "third")], with_facts(), words)
    assert prompt.listing == "A (kinase): has domain BRCT, has domain RING finger"
    assert prompt.facts_left_out == 0  # the third is one more than the style shows
    prompt = gene_set_prompt([told("A", "BRCT", "B")], with_facts(fact="{object}", opening=" = ", separator="+"), words)
    assert prompt.listing == "A (kinase) = BRCT+B"
    assert gene_set_prompt([told("A")], with_facts(), words).listing == "A (kinase)"


def test_the_last_facts_of_every_gene_are_left_out_first_and_no_gene_for_them():
    # Every fact is three words, ": has domain X" one more: 4 + 4 first facts and one second fact (4) fit into 12.
    two = [told("A", "one", "two"), told("B", "one", "two")]
    for budget, listed, left in ((16, 4, 0), (12, 3, 1), (11, 2, 2), (8, 2, 2)):
        prompt = gene_set_prompt(two, with_facts(budget_tokens=budget), lambda texts: [4] * len(texts))
        assert len(prompt.shown) == 2
        assert (prompt.listing.count("has domain"), prompt.facts_left_out) == (listed, left)
    assert prompt.listing.count("one") == 2


def test_a_fact_that_does_not_fit_takes_only_its_gene_out():
    three = [told("A", "a " * 20, "short"), told("B", "one", "two")]
    prompt = gene_set_prompt(three, with_facts(budget_tokens=10), words)
    assert "A (kinase)\n" in prompt.listing + "\n"
    assert "B (kinase): has domain one, has domain two" in prompt.listing
    assert prompt.facts_left_out == 2


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
    prompt = gene_set_prompt(genes(("A", "{neighbours}")), with_neighbours(), words, near)
    assert prompt.messages[1]["content"] == (
        "Genes: N1 (ligase); N2 (ligase)\nProcess: DNA repair {genes}\n"
        "Genes: N1 (ligase); N2 (ligase)\nProcess: nucleus\n\n"
        "Genes: A ({neighbours})"
    )
    assert prompt.neighbours_left_out == 0
    # "Genes: N1 (ligase); N2 (ligase) Process: …" is 8 words with a name of two, and the second does not fit.
    prompt = gene_set_prompt(genes(("A", "x")), with_neighbours(budget_tokens=9), words, near)
    assert prompt.messages[1]["content"].count("Process:") == 1
    assert prompt.neighbours_left_out == 1


def test_a_style_with_neighbours_needs_rows_that_have_them():
    with pytest.raises(InputError, match=r"this set has none(.|\n)*results/prompts/\{benchmark\}"):
        gene_set_prompt(genes(("A", "x")), with_neighbours(), words)
