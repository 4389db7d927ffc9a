"""The metrics of the closed book: what tables, tests, pages and the terminal show of them."""

from reasonome.metrics import Metric, MetricSet
from reasonome.tasks.closed_book.settings import STRANGERS
from reasonome.tasks.question_answer.metric_set import APART

METRICS = MetricSet(
    metrics=(
        Metric(
            "exact",
            "right name",
            of="name",
            hit=True,
            tested=True,
            drawn="right names",
            on=("job", "score", "baselines", "strata"),
        ),
        Metric("rouge_l", "ROUGE-L", of="name", tested=True, drawn="ROUGE-L", on=("score", "baselines")),
        Metric("drifted", "another name that was asked", of="answer", hit=True, on=("strata",)),
        Metric("recited", "genes recited", of_the_form=True),
        Metric("recited_right", "recited facts right", of_the_form=True, on=("strata",)),
        Metric("sentences", "sentences of reasoning", of_the_form=True, digits=1),
        Metric("repeated", "repeated sentences", of_the_form=True),
        Metric("as_recited", "as most recited facts", of_the_form=True, hit=True, on=("strata",)),
        Metric("distinct_names", "distinct names", of="report", on=("baselines",)),
        Metric("format", "format kept", hit=True, of="answer", of_the_form=True, on=("score",)),
        Metric("no_name", "no usable name", hit=True, of="report"),
        Metric("truncated", "cut off", hit=True, of_the_form=True),
        Metric("length", "length", of_the_form=True, digits=1, on=("answers",)),
        Metric("order_agreement", "order agreement"),
        Metric("confidence"),
        *APART,
    ),
    primary="exact",
    stand_in="exact",
    right="exact",
    groups={"none": "nothing about the question", "training data": "the training data", "a database": "the collection"},
    baselines={
        "commonest name": "always gives the name of most training questions",
        "nearest training set": "gives the name of the training question that has most genes in common",
        "over-representation": "gives the asked-for pathway with the smallest p, by its members in the collection",
    },
    strata=tuple(STRANGERS.values()),
)
