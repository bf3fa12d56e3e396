"""Fixtures of all tests: the shipped cases."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from shipped import shipped_case, shipped_picture

if TYPE_CHECKING:
    from ceasefire import Case, Picture

# A busy machine is no failure; in CI the same examples are drawn each time, so that a red run can be repeated.
settings.register_profile("ceasefire", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ceasefire")


@pytest.fixture(scope="session")
def syria_case() -> Case:
    return shipped_case("syria-2016")


@pytest.fixture(scope="session")
def syria() -> Picture:
    return shipped_picture("syria-2016")


@pytest.fixture(scope="session")
def donbas() -> Picture:
    return shipped_picture("donbas")
