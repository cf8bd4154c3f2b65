"""Kedro's own commands, with a user's mistakes told in one line."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.project import project_group
from kedro.framework.cli.project import run as kedro_run

from vadline.config.inspecting import newest_inspector
from vadline.config.last_run import last_run
from vadline.errors import VadlineError
from vadline.project import project_here
from vadline.run.mistakes import told
from vadline.run.options import literal, read_params
from vadline.run.viewing import BOXES, check_root, open_on_boxes

if TYPE_CHECKING:
    from vadline.sweep.sweeping import Engine

_STOPPED = 130  # as shells have it
_GO_ON = (
    "what was finished is kept: the same command with --only-missing-outputs goes on from there"
)


def _check_environment(env: str | None) -> None:
    conf = project_here() / "conf"
    known = sorted(each.name for each in conf.iterdir() if each.is_dir() and each.name != "plans")
    if env is not None and env not in known:
        raise VadlineError(f"--env={env} is not a folder of {conf}; known: {', '.join(known)}.")


def _in_one_line(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_or_explain(*args: Any, **kwargs: Any) -> Any:
        with _explained("run it again" if kwargs.get("pipeline") == "inspect" else _GO_ON):
            if not kwargs.get("conf_source"):
                _check_environment(kwargs.get("env"))
            try:
                return callback(*args, **kwargs)
            except BaseException as error:
                _end_its_run(error)
                raise

    return run_or_explain


def _end_its_run(error: BaseException) -> None:
    """End the MLflow run that is still open: after Ctrl-C, or where a hook has failed."""
    from vadline.run.endings import end_open_run  # MLflow takes a while to import

    end_open_run(error)


@contextmanager
def _explained(go_on: str = "nothing was left") -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        click.secho(f"\nvadline: stopped; {go_on}", fg="red", err=True)
        raise click.exceptions.Exit(_STOPPED) from error
    except Exception as error:
        mistake = told(error)
        if mistake is None or os.environ.get("VADLINE_TRACEBACK"):
            raise
        click.secho(f"\nvadline: {mistake}", fg="red", err=True)
        raise click.exceptions.Exit(1) from error


cli = click.Group(name=project_group.name, help="Inspect parts.", callback=project_group.callback)
run = copy.copy(kedro_run)
run.params = [copy.copy(param) for param in kedro_run.params]
next(param for param in run.params if param.name == "params").callback = read_params
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
    params = {"inspect": {"folder": literal(str(folder.absolute())), **settings}}
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
        found = bundle or newest_inspector(project_here())
        export_onnx(found, out, detector)
    click.echo(f"Wrote {out}")


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def viz(options: tuple[str, ...]) -> None:
    """Open kedro-viz on what ran last; OPTIONS are those of kedro viz run."""
    from kedro_viz.launchers.cli.run import run as kedro_viz_run

    with _explained():
        usual = {"include_hooks": True, **last_run(project_here())}
        if not any(option.startswith("--params") for option in options):
            check_root(usual.get("params", {}))
        open_on_boxes()
        click.echo(f"The boxes alone: the address below, with {BOXES} at its end.")
        kedro_viz_run.main([*options], prog_name="vadline viz", default_map=usual)


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The page's file.")
@click.option("--env", "-e", help="Kedro's configuration environment.")
def compare(runs: tuple[str, ...], out: Path | None, env: str | None) -> None:
    """Lay two RUNS side by side on one page that opens offline.

    Each is the id of a run in MLflow or its beginning, its name, or the version of its results;
    without any, the two newest are compared. A difference is the second less the first.
    """
    from vadline.run.comparing import compare_runs

    with _explained():
        _check_environment(env)
        page = compare_runs(runs, project_here(), out, env)
    click.echo(f"The page, to open in a browser or to send: {page}")


@click.command()
@click.argument("plan")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Cells at once, on each machine.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Processes here, or tasks of a Ray cluster (the extra ray).",
)
@click.option("--address", help="The Ray cluster's, host:port; one of this machine alone.")
@click.option("--features/--no-features", default=True, help="Share frozen backbones' maps.")
@click.option("--keep", is_flag=True, help="Keep the data of finished cells.")
@click.option("--dry-run", is_flag=True, help="List the cells, and run none.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A page of markdown that shows the table between <!-- sweep NAME --> and <!-- end -->.",
)
def sweep(
    plan: str, workers: int, engine: str, address: str | None, dry_run: bool, **options: Any
) -> None:
    """Run all cells of a PLAN, a file or a name in conf/plans, and join their tables.

    What is done is kept: the same command goes on after a stop, and tries failed cells again.
    """
    from vadline.sweep import read_plan
    from vadline.sweep import sweep as run_plan

    with _explained("finished cells are kept: the same command goes on from there"):
        project = project_here()
        name, planned = read_plan(plan, project)
        if dry_run:
            click.echo("\n".join(cell.name for cell in planned.cells()))
            return
        running = _engine(engine, workers, address, keep=options["keep"])
        written = run_plan(name, planned, project, running, **options)
    click.echo("\n".join(f"{path}" for path in written.values()))


def _engine(name: str, workers: int, address: str | None, keep: bool) -> Engine:
    """Return what runs cells, or say why it cannot."""
    if name == "local":
        from vadline.sweep.local import run_here

        if address:
            raise VadlineError("--address is a Ray cluster's: add --engine=ray")
        return partial(run_here, workers=workers)
    from vadline.sweep.ray_engine import on_ray

    if keep:
        raise VadlineError("--keep is for --engine=local: Ray's nodes send back tables and logs")
    return on_ray(address, workers)
