"""A task of a user's own: on which chromosome does a human gene lie?"""

from reasonome.tasks.question_answer.task import Question, VerifiedTask


class ChromosomeOfGene(VerifiedTask):
    """Answers are chromosomes: 1 to 22, X, Y or MT, with or without the word."""

    name = "chromosome_of_gene"
    columns = ("gene", "name")

    def verify(self, answer: str, example: Question) -> float:
        """1 for the right chromosome, else 0."""
        return float(answer.casefold().removeprefix("chromosome").strip() == example.answer.casefold())
