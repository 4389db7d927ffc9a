"""The leak audit of molecule properties."""

from reasonome.tasks.verified.leaks import VerifiedLeaks


class MoleculeLeaks(VerifiedLeaks):
    """Training questions against test questions, of molecules alone."""
