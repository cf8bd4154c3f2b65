"""What every detector keeps to, as checks for the tests of one's own.

`check_detector` runs them all; each stands in `checks` and says in its first line what it holds.
"""

from tests.detectors.contract.checks import CHECKS, check_detector, check_fresh_process
from tests.detectors.contract.world import CountedImages, Trial

__all__ = ["CHECKS", "CountedImages", "Trial", "check_detector", "check_fresh_process"]
