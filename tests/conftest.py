"""Fixtures of all tests: the shipped cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shipped import shipped_case, shipped_picture

if TYPE_CHECKING:
    from ceasefire import Case, Picture


@pytest.fixture(scope="session")
def syria_case() -> Case:
    return shipped_case("syria-2016")


@pytest.fixture(scope="session")
def syria() -> Picture:
    return shipped_picture("syria-2016")


@pytest.fixture(scope="session")
def donbas() -> Picture:
    return shipped_picture("donbas")
