"""A real SLURM for the tests of this folder, which are skipped where it cannot be had."""

import one_machine
import pytest


@pytest.fixture(scope="package")
def slurm():
    """A cluster of two nodes on this machine; the folder of its state and logs."""
    try:
        with one_machine.cluster() as state:
            yield state
    except one_machine.Unavailable as error:
        pytest.skip(str(error))
