"""How a run ends in MLflow: finished, failed with its reason, or killed by a person."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import signal
import threading
import warnings
from types import FrameType
from typing import Any

import mlflow
from kedro.framework.hooks import hook_impl

from vadline.run.mistakes import reason
from vadline.run.nesting import tracked

with warnings.catch_warnings():  # of a class of its own, for whoever wrote it
    warnings.filterwarnings("ignore", message=".*type hints to the `predict` method")
    from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook

REASON = "error"
"""The tag of a failed run that says why."""
_LONGEST_REASON = 500
_open: list[str] = []  # the run that this process has opened and not yet ended


class MlflowRunHooks(MlflowHook):
    """kedro-mlflow's hooks, which open and close the run.

    Theirs also log the parameters that a node takes, each as one string where it is a model; ours
    have logged all of them before. And theirs hear only of exceptions: MLflow would call a run
    that Ctrl-C has ended finished, and leave one that was terminated running for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self._handler: Any = None

    def before_node_run(self, *args: object, **kwargs: object) -> None:  # no hook_impl: not called
        """Leave parameters alone."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """End the run that was interrupted in this process, or the next would go on in it."""
        end_open_run(KeyboardInterrupt())
        super().after_context_created(context)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        """Open the run, and see to it that it is closed; none where nothing is tracked."""
        if not tracked():
            self._is_mlflow_enabled = False
            return
        before = mlflow.active_run()
        super().before_pipeline_run(run_params, pipeline, catalog)
        run = mlflow.active_run()
        if before is None and run is not None:
            _open[:] = [run.info.run_id]
            atexit.register(end_open_run)
            self._listen()

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        """Close the run."""
        super().after_pipeline_run(run_params, pipeline, catalog)
        self._forget()

    @hook_impl
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Any, catalog: Any
    ) -> None:
        """Close the run and say why it has failed."""
        _note_reason(error)
        super().on_pipeline_error(error, run_params, pipeline, catalog)
        self._forget()

    def _listen(self) -> None:
        """Take SIGTERM for an interrupt: the run is closed on the way out."""
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGTERM, _terminate)

    def _forget(self) -> None:
        _open.clear()
        atexit.unregister(end_open_run)
        if self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)
            self._handler = None


def end_open_run(error: BaseException | None = None) -> None:
    """End the run that this process has left open, if there is one.

    Parameters
    ----------
    error : BaseException, optional
        An `Exception` makes it FAILED and is its reason; anything else, or nothing, KILLED.
    """
    run = mlflow.active_run()
    if run is None or [run.info.run_id] != _open:
        return
    _open.clear()
    if isinstance(error, Exception):
        _note_reason(error)
    mlflow.end_run("FAILED" if isinstance(error, Exception) else "KILLED")


def _note_reason(error: BaseException) -> None:
    if mlflow.active_run() is not None:
        with contextlib.suppress(mlflow.MlflowException):  # the error itself matters more
            mlflow.set_tag(REASON, reason(error)[:_LONGEST_REASON])


def _terminate(number: int, frame: FrameType | None) -> None:
    """Leave as after Ctrl-C, workers first: nobody else has told them."""
    for worker in multiprocessing.active_children():
        worker.terminate()
    raise SystemExit(128 + number)
