"""The profile of the whole line, stage by stage."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from vadline.errors import VadlineError


def profile_line(arguments: Sequence[str]) -> pd.DataFrame:
    """Run the whole line and read the profile that it keeps of itself.

    Fine-tuning goes on from its checkpoint: where that is finished, its stage takes no time.

    Parameters
    ----------
    arguments : sequence of str
        For ``kedro run --pipeline=segad_vad``, such as ``--env=mtd``.

    Returns
    -------
    DataFrame
        Columns ``stage, seconds, peak_memory_mb, backbone_share``.

    Raises
    ------
    VadlineError
        If the run fails.
    """
    command = [sys.executable, "-m", "kedro", "run", "--pipeline=segad_vad", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise VadlineError(f"the line's own run failed: {' '.join(command[2:])}")
    profiles = Path("data/08_reporting").glob("*/*/stage_profile.csv/*/stage_profile.csv")
    return pd.read_csv(max(profiles, key=lambda path: path.stat().st_mtime))
