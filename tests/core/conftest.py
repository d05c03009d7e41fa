"""How a value arrives in another process."""

import pickle

import pytest


@pytest.fixture
def across():
    return lambda value: pickle.loads(pickle.dumps(value))  # noqa: S301 - made here, read here
