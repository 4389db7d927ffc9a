"""The metrics of questions on enrichment tables: what tables, tests, pages and the terminal show of them."""

from dataclasses import replace

from reasonome.metrics import Metric
from reasonome.tasks.question_answer.metric_set import APART, verified
from reasonome.tasks.question_answer.metric_set import METRICS as VERIFIED

METRICS = replace(
    VERIFIED,
    metrics=(
        verified("right"),
        Metric("answer_right", "answer right", of="name", hit=True),
        Metric("reward_facts", "facts (V1)"),
        Metric("reward_sets", "sets (V2)"),
        Metric("reward_consistency", "consistency (V3)"),
        Metric("reward_uncertainty", "uncertainty (V4)"),
        Metric("format", "format kept", hit=True, of="answer", of_the_form=True, on=("score",)),
        Metric("no_name", "no usable answer", hit=True, of="report"),
        Metric("truncated", "cut off", hit=True, of_the_form=True, on=("score",)),
        Metric("distinct_names", "distinct answers", of="report", on=("baselines",)),
        Metric("length", "length", of_the_form=True, digits=1, on=("score", "answers")),
        Metric("confidence", on=("job",)),
        Metric("order_agreement"),
        *APART,
    ),
    groups={
        "none": "nothing about the question",
        "prompt": "the prompt alone",
        "training data": "the training data",
    },
    baselines={
        "commonest": "gives the commonest answer of training questions that ask the same",
        "random": "gives the answer of a training question that asks the same, drawn at random",
        "listed": "says that it cannot be told where the prompt lists no study of what is asked, else the commonest",
        "elsewhere": "the same, but gives what training questions say of the set in other tissues",
    },
)
