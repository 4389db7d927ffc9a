"""A benchmark's questions in one prompt style as a dataset that other libraries load.

`question_set.py` writes it, with the card of `dataset_card.py`, which benchmarks have too.
"""
