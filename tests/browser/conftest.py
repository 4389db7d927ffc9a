"""The browser that drives pages, one for each file of tests."""

import pytest
from chromium import chromium


@pytest.fixture(scope="module")
def driver():
    with chromium() as started:
        yield started
