"""The metrics of verified answers: what tables, tests, pages and the terminal show of them."""

from reasonome.metrics import Metric, MetricSet, Place

# What is measured of every answer, and stands apart.
APART = (Metric("logprob"), Metric("name_logprob"), Metric("name_tokens"), Metric("reward_"))


def verified(words: str, *further: Place) -> Metric:
    """Whether an answer is right, as a task calls it: the primary metric, in further places too."""
    places = ("job", "score", "baselines", *further)
    return Metric("verified", words, of="name", hit=True, tested=True, drawn=words, on=places)


METRICS = MetricSet(
    metrics=(
        verified("verified"),
        Metric("format", "format kept", hit=True, of="answer", of_the_form=True, on=("score",)),
        Metric("no_name", "no usable answer", hit=True, of="report"),
        Metric("truncated", "cut off", hit=True, of_the_form=True, on=("score",)),
        Metric("distinct_names", "distinct answers", of="report", on=("baselines",)),
        Metric("length", "length", of_the_form=True, digits=1, on=("score", "answers")),
        Metric("confidence"),
        Metric("order_agreement"),
        *APART,
    ),
    primary="verified",
    stand_in="verified",
    right="verified",
    groups={"none": "nothing about the question", "training data": "the training data"},
    baselines={
        "majority": "always gives the commonest answer of the subset's training questions",
        "random": "draws the answer of a training question of the subset at random",
    },
)
