"""The API teacher: its settings, what it is asked, and what its answers propose."""

from types import SimpleNamespace

from checkout import ROOT
from misbehaving_endpoint import KEY_VARIABLE
from refusals import refused

from reasonome.answering.chat_endpoint import ApiAnswer
from reasonome.config.teachers import OpenAITeacher
from reasonome.prompts.prompts import Prompt
from reasonome.tasks.naming import teaching
from reasonome.teaching import openai
from reasonome.teaching.openai import ask_beside, prompts, propose
from reasonome.teaching.proposals import Proposal

TEMPLATE = ROOT / "config/prompts/teacher.gene_set_naming.txt"
REPAIR = "Process: DNA repair\nReasoning:\n<think>LIG3 seals nicks.</think>"
REQUIRED = {"kind": "openai", "model": "m1", "encoder": "minilm"}


def settings(server, **changes):
    return OpenAITeacher(**REQUIRED | {"base_url": server.url, "api_key_variable": KEY_VARIABLE} | changes)


def messages(text):
    return {"GO:0": [{"role": "user", "content": text}]}


def test_what_is_sent_and_cached(endpoint, tmp_path):
    server, output = endpoint(), tmp_path / "kept.jsonl"
    answers = ask_beside(settings(server), messages("a"), output)
    assert answers == {"GO:0": ApiAnswer("answer to a", "stop", 11, 5)}
    _, _, body = server.requests[0]
    assert body == {"model": "m1", **{"messages": messages("a")["GO:0"]}, "temperature": 0.0, "max_tokens": 512}
    assert ask_beside(settings(server), messages("a"), output) == answers and len(server.requests) == 1
    ask_beside(settings(server, temperature=0.5), messages("a"), output)  # another question altogether
    assert len(server.requests) == 2


def test_null_parameters_are_not_sent_and_extra_body_is(endpoint, tmp_path):
    server = endpoint()
    model = settings(server, temperature=None, max_tokens=None, extra_body={"max_completion_tokens": 900})
    ask_beside(model, messages("a"), tmp_path / "kept.jsonl")
    _, _, body = server.requests[0]
    assert body == {"model": "m1", "messages": messages("a")["GO:0"], "max_completion_tokens": 900}


def test_the_shipped_prompt_asks_for_the_contract_and_shows_only_the_genes():
    student = Prompt([], ["LIG3", "XRCC1"], 5, "LIG3, XRCC1", kind="molecular function")
    messages = prompts(TEMPLATE.read_text(), {"GO:0": student})["GO:0"]
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[1]["content"].startswith("Genes: LIG3, XRCC1\n\nWhich one molecular function do these genes have")
    assert "Process: name\nReasoning:\n<think>" in messages[1]["content"]
    assert "{" not in messages[1]["content"] and "[user]" not in messages[0]["content"]


def test_a_template_that_cannot_work():
    with refused(line=4, field="user"):
        prompts("[system]\nHi\n[user]\nGenes", {"GO:0": "LIG3"})


def test_answers_become_proposals(monkeypatch):
    rows = [SimpleNamespace(id=f"GO:{n}", subset="bp") for n in range(4)]
    answers = {
        "GO:0": ApiAnswer(REPAIR, "stop", 1, 1),
        "GO:1": ApiAnswer("DNA repair, I think", "stop", 1, 1),
        "GO:2": ApiAnswer(REPAIR + "\n<think>XR", "length", 1, 1),
        "GO:3": ApiAnswer(REPAIR.replace("DNA repair", "DNA repair; cell cycle"), "stop", 1, 1),
    }
    monkeypatch.setattr(openai, "ask_beside", lambda *_: answers)
    teacher = OpenAITeacher(**REQUIRED)
    good, bad, cut, several = propose(SimpleNamespace(teacher=teacher, examples=rows, output=None), {}, teaching._read)
    assert good == Proposal("GO:0", "bp", "DNA repair", ["LIG3 seals nicks."], REPAIR)
    assert bad.problem == "no_process_line, no_reasoning, text_outside"
    assert cut.problem == "length, unclosed_think"
    assert (several.problem, several.proposed, several.steps) == ("several_names", "", ["LIG3 seals nicks."])
