"""What others can load of a project: a benchmark's questions in one prompt style, with our parser and rewards.

`question_set.py` gathers them, `libraries.py` writes them, and `rewarded.py` scores answers where they are used.
"""
