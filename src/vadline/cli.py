"""Kedro's own commands, with a user's mistakes told in one line."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable
from typing import Any

import click
from kedro.framework.cli.project import project_group
from kedro.framework.cli.project import run as kedro_run

from vadline.errors import VadlineError


def _mistake(error: BaseException | None) -> VadlineError | None:
    """Find a user's mistake among an error and its causes."""
    while error is not None and not isinstance(error, VadlineError):
        error = error.__cause__ or error.__context__
    return error


def _in_one_line(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_or_explain(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except Exception as error:
            mistake = _mistake(error)
            if mistake is None or os.environ.get("VADLINE_TRACEBACK"):
                raise
            click.secho(f"\nvadline: {mistake}", fg="red", err=True)
            raise click.exceptions.Exit(1) from error

    return run_or_explain


cli = click.Group(name=project_group.name, help="Inspect parts.", callback=project_group.callback)
run = copy.copy(kedro_run)
run.callback = _in_one_line(kedro_run.callback)
cli.add_command(run)
