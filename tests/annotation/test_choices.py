"""The kinds of files and species that there are: the same for readers, settings and the command line."""

from typing import get_args

import pytest

from reasonome import cli
from reasonome.annotation.gene_list import SPECIES
from reasonome.annotation.readers import KINDS
from reasonome.config import Annotation


def test_readers_know_the_words_that_settings_may_be():
    assert get_args(get_args(Annotation.model_fields["kind"].annotation)[0]) == KINDS
    assert get_args(Annotation.model_fields["species"].annotation) == SPECIES


@pytest.mark.parametrize(
    ("option", "words"),
    [("--kind", ["gmt", "genes", "clusters", "differential"]), ("--species", ["human", "mouse"])],
)
def test_the_command_line_names_the_words_that_there_are(capsys, option, words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["annotate", "mine.gmt", "--model", "m", "--out", "o", option, "fish"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"argument {option}: invalid choice: 'fish'" in told
    assert [word for word in words if word not in told.split("choose from", 1)[1]] == []
