"""What tests of the gauges ask of the system."""

import pytest
from tests.run.memory import touch_200_mb

from vadline.run.gauges import peak_memory_mb, reset_peak_memory


@pytest.fixture
def peaks_fall():
    """Skip where this process is told one peak for all of its life, as some systems do."""
    touch_200_mb()
    high = peak_memory_mb()
    reset_peak_memory()
    if not peak_memory_mb() < high - 150:
        pytest.skip("the system does not let this process's peak fall")
