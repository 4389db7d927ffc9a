"""Prompts of rankings, what fine-tuning learns from them, and lazy answers to them."""

import pytest
from ranking_questions import TASK, question
from refusals import refused

from reasonome.tasks import TASKS
from reasonome.tasks.ranking.questions import CaseExample, LocusExample, Phenotype, RankedGene
from reasonome.tasks.ranking.settings import RankingStyle

STYLES = ("long", "short", "answer", "rerank")


def style(**changes):
    given = {
        "gene": "{symbol} ({name})",
        "budget_tokens": 100,
        "reasoning": "long",
        "system": "Rank.",
        "user": "Trait {trait}; genes {genes}",
    }
    return RankingStyle(**{**given, **changes})


def locus(symbols="ABCD", right="B", **fields):
    genes = [RankedGene(symbol=s, name=f"gene {s.lower()}") for s in symbols]
    causal = [gene for gene in genes if gene.symbol in right]
    return LocusExample(
        **{"id": "q", "subset": "s", "trait": "LDL\n level", "candidates": genes, "causal": causal, **fields}
    )


def case(candidates="", **fields):
    def phenotypes(*labels):
        return [Phenotype(id=f"HP:{place:07d}", label=label) for place, label in enumerate(labels)]

    genes = [RankedGene(symbol=s) for s in candidates]
    given = {"id": "c", "subset": "s", "candidates": genes, "causal": [RankedGene(symbol="B")]}
    given |= {"present": phenotypes("Seizure", "Short  stature"), "absent": phenotypes("Ataxia")}
    return CaseExample(**{**given, **fields})


def test_a_locus_is_asked_with_trait_and_genes():
    prompt = TASK.prompt(locus(), style(gene="{symbol}", separator=", "))
    assert sorted(prompt.shown) == ["A", "B", "C", "D"]
    assert prompt.listing == ", ".join(prompt.shown)
    assert prompt.messages == [
        {"role": "system", "content": "Rank."},
        {"role": "user", "content": f"Trait LDL level; genes {prompt.listing}"},
    ]
    assert (prompt.left_out, prompt.facts_left_out) == (0, 0)


def test_the_order_is_that_of_the_genes_and_the_seed():
    """Neither the order of the row nor what is right shows; another seed gives another order."""
    asked = {
        tuple(TASK.prompt(locus(symbols, right), style()).shown)
        for symbols, right in (("ABCD", "A"), ("DCBA", "B"), ("BDAC", "CD"))
    }
    assert len(asked) == 1
    orders = {tuple(TASK.prompt(locus(), style(seed=seed)).shown) for seed in range(20)}
    assert len(orders) > 5


def test_genes_beyond_the_budget_are_left_out():
    # "A (gene a); " is 8 tokens: four characters, and eight small letters and spaces.
    prompt = TASK.prompt(locus(), style(budget_tokens=16))
    assert (len(prompt.shown), prompt.left_out) == (2, 2)
    longer = locus("ABCD", candidates=[RankedGene(symbol=s, name="word " * 9) for s in "ABCD"])
    assert len(TASK.prompt(longer, style(budget_tokens=8)).shown) == 1


def test_every_order_lists_the_candidates_that_were_chosen():
    asked = style(budget_tokens=24)
    prompts = [TASK.prompt(locus("ABCDEF"), asked, order) for order in range(8)]
    assert {frozenset(prompt.shown) for prompt in prompts} == {frozenset(prompts[0].shown)}
    assert {len(prompt.shown) for prompt in prompts} == {3}
    assert len({tuple(prompt.shown) for prompt in prompts}) > 2
    whole = TASK.listed(locus("ABCDEF"), asked)
    assert whole[:3] == prompts[0].shown and sorted(whole) == list("ABCDEF")
    third = TASK.listed(locus("ABCDEF"), asked, order=2, left_out=3)
    assert (third[:3], third[3:]) == (prompts[2].shown, whole[3:])


def test_what_was_chosen_is_what_is_shown():
    chosen = TASK.prompt(locus(shown=["D", "B"]), style())
    assert (chosen.shown, chosen.left_out) == (["D", "B"], 2)
    assert chosen.listing == "D (gene d); B (gene b)"
    asked = TASK_OF_CASES.prompt(case(phenotypes_shown=1), style(**CASE))
    assert asked.messages[1]["content"] == "unknown, unknown. Has Seizure. Not not shown. any gene"
    assert asked.facts_left_out == 2


def test_a_choice_of_a_case_is_kept_in_its_row():
    example = TASK_OF_CASES.with_choice(case("ABCD"), style(**CASE, phenotype_tokens=8, gene="{symbol}"))
    assert (sorted(example.shown), example.phenotypes_shown) == (list("ABCD"), 1)
    assert TASK_OF_CASES.with_choice(example, style(**CASE)) == example
    assert CaseExample.model_validate(example.model_dump(exclude_defaults=True)) == example
    open_question = TASK_OF_CASES.with_choice(case(), style(**CASE))
    assert CaseExample.model_validate(open_question.model_dump(exclude_defaults=True)).shown == []


def test_candidates_in_the_order_of_scores():
    """Best first; equal scores in the seeded order, and genes without one behind them in it."""
    scores = {"A": None, "B": 0.5, "C": 2.0, "D": -1.0, "E": 0.5, "F": None}
    example = locus(candidates=[RankedGene(symbol=s, score=score) for s, score in scores.items()])
    seeded = TASK.prompt(example, style()).shown
    ranked = TASK.prompt(example, style(order="score")).shown
    equal = [gene for gene in seeded if gene in "BE"]
    unscored = [gene for gene in seeded if gene in "AF"]
    assert ranked == ["C", *equal, "D", *unscored]
    cut = TASK.prompt(example, style(order="score", gene="{symbol}", budget_tokens=10, separator=" x x x "))
    assert cut.shown == ["C", equal[0]]
    with refused(fix="ask in a style with `order"):
        TASK.prompt(locus(), style(order="score"))


CASE = {"user": "{age}, {sex}. Has {present}. Not {absent}. {genes}", "any_gene": "any gene"}
TASK_OF_CASES = TASKS["rare_disease_ranking"]


def test_a_case_is_asked_with_its_phenotypes():
    prompt = TASK_OF_CASES.prompt(case(age="2 years", sex="female"), style(**CASE))
    assert prompt.messages[1]["content"] == "2 years, female. Has Seizure; Short stature. Not Ataxia. any gene"
    assert (prompt.shown, prompt.left_out, prompt.facts_left_out) == ([], 0, 0)
    bare = TASK_OF_CASES.prompt(case("B", absent=[]), style(**CASE, phenotypes="{label} [{id}]"))
    text = "unknown, unknown. Has Seizure [HP:0000000]; Short stature [HP:0000001]. Not none stated. B (name unknown)"
    assert bare.messages[1]["content"] == text


@pytest.mark.parametrize(
    ("budget", "present", "absent", "left_out"),
    [
        (15, "p0; p1; p2", "a0; a1", 0),  # "p0; " is 3 tokens
        (14, "p0; p1; p2", "a0", 1),
        (9, "p0; p1; p2", "not shown", 2),
        (8, "p0; p1", "not shown", 3),
    ],
)
def test_phenotypes_beyond_the_budget_are_left_out_absent_ones_first(budget, present, absent, left_out):
    def named(prefix, count):
        return [Phenotype(id=f"HP:{i:07d}", label=f"{prefix}{i}") for i in range(count)]

    example = case(present=named("p", 3), absent=named("a", 2))
    prompt = TASK_OF_CASES.prompt(example, style(**CASE, phenotype_tokens=budget))
    assert prompt.messages[1]["content"] == f"unknown, unknown. Has {present}. Not {absent}. any gene"
    assert prompt.facts_left_out == left_out


def test_one_phenotype_is_shown_whatever_it_costs():
    example = case()
    example = example.model_copy(update={"present": [example.present[1], example.present[0]]})
    prompt = TASK_OF_CASES.prompt(example, style(**CASE, phenotype_tokens=8, phenotypes="{label} {id} {id}"))
    assert "Has Short stature HP:0000001 HP:0000001. Not not shown" in prompt.messages[1]["content"]
    assert prompt.facts_left_out == 2


def test_absent_phenotypes_that_are_not_asked_for_are_not_left_out():
    asked = style(user="Has {present}. {genes}")
    assert TASK_OF_CASES.prompt(case(), asked).facts_left_out == 0


# --- what fine-tuning learns -----------------------------------------------------------------------------


def test_right_genes_come_first_and_the_others_in_the_order_of_the_prompt():
    example = locus("ABCD", "BD")
    prompt = TASK.prompt(example, style())
    right = [gene for gene in prompt.shown if gene in "BD"]
    others = [gene for gene in prompt.shown if gene in "AC"]
    text = TASK.completion(example, prompt, style(), {"steps": ["B is near.", "D too."]})
    assert text == f"<reasoning>B is near. D too.</reasoning>\n<genes>[{', '.join(right + others)}]</genes>"
    plain = TASK.completion(example, prompt, style(), None)
    assert plain.startswith(
        f"<reasoning>Of these genes {' and '.join(right)} fits LDL level best.</reasoning>\n<genes>"
    )
    alone = TASK.completion(example, prompt, style(reasoning="none"), {"steps": ["B is near."]})
    assert alone == f"<genes>[{', '.join(right + others)}]</genes>"


def test_a_question_without_candidates_teaches_the_right_genes_alone():
    example, asked = case(), style(**CASE)
    prompt = TASK_OF_CASES.prompt(example, asked)
    text = "<reasoning>A fault in B explains Seizure and the other findings best.</reasoning>\n<genes>[B]</genes>"
    assert TASK_OF_CASES.completion(example, prompt, asked, None) == text


def test_what_would_teach_to_invent_or_to_break_the_contract_is_left_out():
    example = locus()
    asked = style(reasoning="short", words=4)
    prompt = TASK.prompt(example, asked)
    assert TASK.completion(example, prompt, asked, {"steps": ["B is near LDL."]})
    assert TASK.completion(example, prompt, asked, {"steps": ["B is near LDL again."]}) is None
    assert TASK.completion(example, prompt, asked, {"steps": ["<genes>[A]</genes>"]}) is None
    # Two of the four genes are shown: reasoning may speak of those, and one of them must be right.
    few = style(budget_tokens=16)
    shown, hidden = TASK.prompt(example, few).shown, TASK.prompt(example, style()).shown[2:]
    for right, said, kept in ((shown[0], shown[1], True), (shown[0], hidden[0], False), (hidden[0], shown[1], False)):
        example = locus(right=right)
        prompt = TASK.prompt(example, few)
        completion = TASK.completion(example, prompt, few, {"steps": [f"It is not {said}."]})
        assert (completion is not None) == kept


# --- reading back, and lazy answers ------------------------------------------------------------------------


def test_a_ranking_is_read_with_the_genes_of_the_question():
    example = question()
    read = TASK.parse("<reasoning>r</reasoning><genes>[ **narc**, Q9, c1, a ]</genes>", style())
    assert read.genes == ["narc", "Q9", "c1", "a"]
    assert read.ranked(example) == ["C", "Q9", "A"]
    assert (read.named, read.reasoned, read.name) == (True, True, "narc")
    text = "<genes>[ A, C ]</genes>"
    assert text[slice(*TASK.name_span(text))] == "A, C"
    assert TASK.name_span("<genes>[A") is None
    assert TASK.bare("A, C").ranked(example) == TASK.bare("[a,C]").ranked(example) == ["A", "C"]
    assert not TASK.bare(" ").named


def test_lazy_answers_are_in_the_form_that_is_asked_for():
    examples = [locus("ABCD", "D"), locus("BD", "D"), locus("AB", "A")]
    new = examples[0].model_copy(update={"id": "new"})
    for asked in (style(), style(reasoning="none")):
        prompt = TASK.prompt(new, asked)
        answers = {
            policy.name: TASK.parse(policy.completion(new, prompt), asked) for policy in TASK.policies(examples, asked)
        }
        assert all(not answer.problems for answer in answers.values())
        by_frequency = ["D", "A", *[gene for gene in prompt.shown if gene in "BC"]]
        assert {name: answer.genes for name, answer in answers.items()} == {
            "prompt order": prompt.shown,
            "alphabetical": ["A", "B", "C", "D"],
            "commonest causal gene first": by_frequency,
            "first candidate alone": prompt.shown[:1],
        }


def test_a_question_is_not_counted_among_the_commonest_answers_to_itself():
    examples = [locus("AB", "A", id="1"), locus("AB", "B", id="2"), locus("ABC", "B", id="3")]
    common = {policy.name: policy for policy in TASK.policies(examples, style())}["commonest causal gene first"]
    prompts = [TASK.prompt(example, style()) for example in examples]
    first = [TASK.parse(common.completion(*pair)).name for pair in zip(examples, prompts, strict=True)]
    # Without its own answer the first has A 0 times and B twice; the others have both once, in the prompt's order.
    assert first == ["B", *(next(gene for gene in prompt.shown if gene in "AB") for prompt in prompts[1:])]


def test_lazy_answers_to_open_questions_are_the_commonest_genes():
    examples = [case(causal=[RankedGene(symbol=s)]) for s in ["Q", "P", "P", *(f"G{i:02d}" for i in range(30))]]
    asked = style(**CASE)
    prompt = TASK_OF_CASES.prompt(examples[0], asked)
    by_name = {policy.name: policy for policy in TASK_OF_CASES.policies(examples, asked)}
    common = TASK_OF_CASES.parse(by_name["commonest causal gene first"].completion(examples[0], prompt), asked)
    assert common.genes == ["P", *(f"G{i:02d}" for i in range(24))]


# --- the styles that are shipped -------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["causal_gene_ranking", "rare_disease_ranking"])
@pytest.mark.parametrize("name", STYLES)
def test_shipped_styles_ask_for_what_they_read(project, task, name):
    asked = project.styles(task)[name]
    assert (asked.reasoning != "none") == ("<reasoning>" in asked.system + asked.user)
    assert "<genes>[" in asked.system + asked.user
    assert asked.order == ("score" if name == "rerank" else "seeded")
    if asked.reasoning == "short":
        assert f"at most {asked.words} words" in asked.system + asked.user
    example = locus() if task == "causal_gene_ranking" else case("ABCD")
    scored = [gene.model_copy(update={"score": 1.0}) for gene in example.candidates]
    prompt = TASKS[task].prompt(example.model_copy(update={"candidates": scored}), asked)
    assert prompt.left_out == prompt.facts_left_out == 0
    assert not any("{" in message["content"] for message in prompt.messages)
