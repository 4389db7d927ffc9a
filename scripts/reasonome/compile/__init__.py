"""The configuration → jobs: which files and which settings each rule's program is given.

It reads the configuration, and nothing below results/; modules here import no PyTorch, pandas or SciPy.
"""
