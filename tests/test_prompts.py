"""Prompts: the budget, the order of genes, and gene names that could do harm."""

import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from reasonome.config import Style
from reasonome.errors import InputError
from reasonome.prompts import conservative_count, gene_order, gene_set_prompt, gene_text, token_counter
from reasonome.sources.hgnc import read_genes
from reasonome.tasks.gene_set_naming import Example, Gene, GeneSetNaming

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
