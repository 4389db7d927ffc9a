"""The metrics of predictions: what tables, tests, pages and the terminal show of them."""

from dataclasses import replace

from reasonome.metrics import Metric
from reasonome.tasks.prediction.metrics import METRICS as POOLED
from reasonome.tasks.verified.metric_set import METRICS as VERIFIED

METRICS = replace(
    VERIFIED,
    metrics=(
        Metric(
            "verified",
            "right",
            of="name",
            hit=True,
            tested=True,
            drawn="right",
            on=("terminal", "job", "score", "baselines", "strata"),
        ),
        Metric("accuracy", of="report", on=("baselines",)),
        Metric("balanced_accuracy", "balanced accuracy", of="report", on=("terminal", "baselines")),
        Metric("mcc", "MCC", of="report", on=("terminal", "baselines")),
        Metric("auroc", "AUROC of stated confidence", of="report", on=("terminal", "baselines")),
        Metric("auprc", "AUPRC of stated confidence", of="report"),
        Metric("auroc_likelihood", "AUROC of the answer's likelihood", of="report"),
        Metric("auprc_likelihood", "AUPRC of the answer's likelihood", of="report"),
        Metric("rmse", "RMSE", of="report", less_is_better=True, on=("terminal", "baselines")),
        Metric("mae", "MAE", of="report"),
        Metric("spearman", "Spearman's ρ", of="report", on=("terminal", "baselines")),
        Metric("r2", "R²", of="report"),
        Metric("format", "format kept", of="answer", of_the_form=True, on=("terminal", "score")),
        Metric("no_name", "no usable answer", of="report", on=("terminal",)),
        Metric("truncated", "cut off", of_the_form=True, on=("score",)),
        Metric("distinct_names", "distinct answers", of="report", apart=True, on=("baselines",)),
        Metric("order_agreement", "agreement of orders"),
        Metric("length", "length", of_the_form=True, digits=1, on=("terminal", "score", "answers")),
        Metric("confidence", on=("job",)),
        Metric("logprob"),
        Metric("name_logprob"),
        Metric("name_tokens"),
        Metric("reward_"),
    ),
    describe=("true", "number"),
    groups={
        "none": "nothing about the question",
        "prompt": "the prompt alone",
        "training data": "the training data",
        "a database": "a database",
        "a domain model": "a model of the field, fitted on the same training questions",
    },
    baselines={
        "constant": "always gives the commonest class, or the mean, of the training questions",
        "random": "gives the answer of a training question drawn at random",
        "name_words": "a rule on words of the official name, chosen on the training questions",
        "family": "gives the commonest class of the gene's family among training questions",
        "facts_regression": "logistic regression on the terms that facts give the gene",
        "names_regression": "logistic regression on the encoded official name",
        "smiles_length": "a line through the length of the SMILES",
        "molecular_weight": "a line through the molecular weight",
        "nearest_molecule": "gives the value of the training molecule with the highest Tanimoto similarity",
        "random_forest": "a random forest on Morgan fingerprints and RDKit's descriptors",
        "gradient_boosting": "gradient boosting on Morgan fingerprints and RDKit's descriptors",
    },
    pooled=POOLED,
)
