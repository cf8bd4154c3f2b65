"""One product, one folder, one run at a time."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from vadline.config.current import current, workspace
from vadline.config.last_run import note_run
from vadline.errors import VadlineError


class WorkspaceHooks:
    """Keep a second run, or another folder of photographs, out of a product's workspace."""

    _lock: FileLock | None = None

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Take the workspace, until the run ends or its process dies.

        Raises
        ------
        VadlineError
            If another run is at work in it, or it holds what was made from another folder.
        """
        _refuse_to_inspect_with(pipeline)
        self._release()  # of a run that was interrupted in this process
        lock = FileLock(catalog.load("run_lock"), timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise VadlineError(
                f"another run is at work on {workspace()} ({lock.lock_file} is locked): wait until "
                "it has ended, or give this product a name of its own with "
                "--params source.category=NAME"
            ) from error
        self._lock = lock
        try:
            _claim(catalog)
        except BaseException:
            self._release()
            raise

    @hook_impl(trylast=True)
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline) -> None:
        """Note what ran, for kedro-viz to open on, and give the workspace back."""
        if _is_of_the_line(pipeline):
            with contextlib.suppress(OSError):
                project = Path(run_params["project_path"])
                note_run(project, run_params["env"], run_params["runtime_params"])
        self._release()

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        """Give the workspace back."""
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release(force=True)
            self._lock = None


def _refuse_to_inspect_with(pipeline: Pipeline) -> None:
    """Fail if the line itself runs where ``inspect.folder`` has chosen another product."""
    if _is_of_the_line(pipeline) and workspace() != "/".join(current().source.product()):
        raise VadlineError(
            f"inspect.folder is set, for which {workspace()} was chosen: add --pipeline=inspect,"
            " or leave it out"
        )


def _is_of_the_line(pipeline: Pipeline) -> bool:
    return "inspection" not in pipeline.all_outputs()


def _claim(catalog: CatalogProtocol) -> None:
    """Note which folder the workspace belongs to; refuse any other."""
    root = current().source.folder
    if root is None:
        return
    here = str(root.resolve())
    state = catalog.load("run_state") if catalog.exists("run_state") else {}
    owner = state.get("root")
    if owner is None:
        catalog.save("run_state", state | {"root": here})
    elif owner != here:
        raise VadlineError(
            f"data/*/{workspace()} was made from {owner}, not from {here}: give this product a "
            f"name of its own with --params source.category=NAME, or remove data/*/{workspace()}"
        )
