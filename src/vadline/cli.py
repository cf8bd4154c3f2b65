"""Kedro's own commands, with a user's mistakes told in one line."""

from __future__ import annotations

import copy
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from kedro.framework.cli.project import project_group
from kedro.framework.cli.project import run as kedro_run
from kedro.io import DatasetError
from kedro.io.core import VersionNotFoundError
from kedro.utils import find_kedro_project

from vadline.config.inspecting import newest_inspector
from vadline.errors import VadlineError
from vadline.run.refusals import refused_by_disk

E = TypeVar("E", bound=BaseException)

_STOPPED = 130  # as shells have it
_GO_ON = (
    "what was finished is kept: the same command with --only-missing-outputs goes on from there"
)
_KEDRO_MISTAKES = ("Failed to find the pipeline", "Pipeline contains no nodes", "Pipeline does not")


def _among_causes(error: BaseException | None, kind: type[E]) -> E | None:
    """Find an error of a kind among an error and its causes."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


def _told(error: Exception) -> str | None:
    """Put a mistake in one line; nothing if the error is none of the user's."""
    if mistake := _among_causes(error, VadlineError):
        return str(mistake)
    if refusal := refused_by_disk(error):
        return refusal
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and text.startswith(_KEDRO_MISTAKES):
        return text
    missing = _among_causes(error, FileNotFoundError) or _among_causes(error, VersionNotFoundError)
    if isinstance(error, DatasetError) and missing:
        name = Path(str(getattr(missing, "filename", None) or error).rstrip("'\"")).name
        return f"{name} has not been made yet: run the whole line, --pipeline=segad_vad, first."
    return None


def _project() -> Path:
    if (found := find_kedro_project(Path.cwd())) is None:
        raise VadlineError(
            f"{Path.cwd()} lies in no project of vadline: change to the folder that holds conf/ and"
            " pyproject.toml, or copy them here"
        )
    return found


def _check_environment(env: str | None) -> None:
    conf = _project() / "conf"
    known = sorted(folder.name for folder in conf.iterdir() if folder.is_dir())
    if env is not None and env not in known:
        raise VadlineError(f"--env={env} is not a folder of {conf}; known: {', '.join(known)}.")


def _in_one_line(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_or_explain(*args: Any, **kwargs: Any) -> Any:
        with _explained("run it again" if kwargs.get("pipeline") == "inspect" else _GO_ON):
            if not kwargs.get("conf_source"):
                _check_environment(kwargs.get("env"))
            return callback(*args, **kwargs)

    return run_or_explain


@contextmanager
def _explained(go_on: str = "nothing was left") -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        if "mlflow" in sys.modules:  # else its run would end as finished
            sys.modules["mlflow"].end_run("KILLED")
        click.secho(f"\nvadline: stopped; {go_on}", fg="red", err=True)
        raise click.exceptions.Exit(_STOPPED) from error
    except Exception as error:
        told = _told(error)
        if told is None or os.environ.get("VADLINE_TRACEBACK"):
            raise
        click.secho(f"\nvadline: {told}", fg="red", err=True)
        raise click.exceptions.Exit(1) from error


cli = click.Group(name=project_group.name, help="Inspect parts.", callback=project_group.callback)
run = copy.copy(kedro_run)
run.callback = _in_one_line(kedro_run.callback)  # type: ignore[arg-type]  # Kedro's has one
cli.add_command(run)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--bundle", help="The inspector.zip to use; the newest that a run here has left.")
@click.option("--refine/--no-refine", default=True, help="Solve F2PAD for masks, or threshold.")
@click.option("--again", is_flag=True, help="Judge parts again that were judged before.")
@click.option("--pictures", is_flag=True, help="Mask, map and overlay of all, not only rejected.")
@click.option("--env", "-e", help="Kedro's configuration environment.")
@click.pass_context
def inspect(context: click.Context, folder: Path, env: str | None, **settings: Any) -> None:
    """Judge the photographs in FOLDER, at any depth, with what a run has left.

    A row per part in inspection.csv; mask, map and overlay of each rejected part.
    """
    params = {"inspect": {"folder": str(folder.absolute()), **settings}}
    context.invoke(run, pipeline="inspect", params=params, env=env)


@click.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="The inspector.zip to use; the newest that a run here has left.",
)
@click.option("--detector", help="This one alone: patchcore, padim or apc; else all that decides.")
def export(out: Path, bundle: Path | None, detector: str | None) -> None:
    """Write what a run has left to OUT, as one ONNX file that needs no torch.

    It scores and decides as vadline inspect does or, with --detector, by that detector alone and a
    threshold of its own. docs/onnx_inspect.py runs it.
    """
    from vadline.export import export_onnx

    with _explained():
        found = bundle or newest_inspector(_project())
        export_onnx(found, out, detector)
    click.echo(f"Wrote {out}")
