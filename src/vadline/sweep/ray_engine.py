"""Cells on the machines of a Ray cluster, or on this one if it is asked for none."""

from __future__ import annotations

import importlib.util
import logging
import math
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import mlflow

from vadline.errors import VadlineError
from vadline.sweep.cells import Place
from vadline.sweep.local import TIME_TO_STOP
from vadline.sweep.remote import Left, forget, pack, run_there
from vadline.sweep.sweeping import Engine

logger = logging.getLogger(__name__)

_RETRIES = 3  # of a cell whose machine or whose worker dies
_TIME_TO_ANSWER = 20  # seconds
_SMALL = 2**27  # bytes that a cluster of our own keeps of results, which are small
_SILENT = {
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": str(_RETRIES),  # else a cell that needs too much is tried for ever
}
_TRY = "import logging, sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level=50)"


def on_ray(address: str | None = None, workers: int = 1) -> Engine:
    """Return an engine that has a Ray cluster run cells.

    Parameters
    ----------
    address : str, optional
        ``host:port`` of the cluster's head; this machine has to be a node of it. Without, a cluster
        of this machine alone is started, and ended with the sweep.
    workers : int
        Cells that run at once on the smallest node; on others as many as have as many cores.

    Raises
    ------
    VadlineError
        If Ray is not installed, or no cluster answers.
    """
    if importlib.util.find_spec("ray") is None:
        raise VadlineError(
            "--engine=ray needs Ray: pip install 'vadline[ray]', or pip install -e '.[ray]' here"
        )
    for name, value in _SILENT.items():
        os.environ.setdefault(name, value)  # Ray reads them as it is imported
    if address:
        _check_that_it_answers(address)
    return partial(_run, address=address, workers=workers)


def _check_that_it_answers(address: str) -> None:
    """Let another process connect first: nothing bounds the time that Ray takes to give up."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise VadlineError(f"--address={address} is no host:port, as ray start --head prints it")
    command = [sys.executable, "-c", _TRY, address]
    try:
        socket.create_connection((host, int(port)), timeout=_TIME_TO_ANSWER).close()
        subprocess.run(command, capture_output=True, timeout=_TIME_TO_ANSWER, check=True)
    except (OSError, OverflowError, subprocess.SubprocessError) as error:
        raise VadlineError(
            f"no Ray cluster answers at {address}: start one, ray start --head, and on each further"
            f" machine, this one among them, ray start --address={address}"
        ) from error


def _run(
    places: Sequence[Place], environment: Mapping[str, str], address: str | None, workers: int
) -> Generator[Place]:
    if not places:
        return
    with _connected(address) as ray:
        project, folder = places[0].project, places[0].folder
        parcel = ray.put(pack(project, folder, environment, store=_store()))
        task = ray.remote(
            max_retries=_RETRIES, scheduling_strategy="SPREAD", **_share(ray.nodes(), workers)
        )(run_there)
        for place in places:
            place.prepare()
        waiting = {task.remote(parcel, asdict(place.cell)): place for place in places}
        try:
            while waiting:
                (ended, *_), _ = ray.wait(list(waiting))
                place = waiting[ended]
                _deliver(place, _result(ray, ended))
                del waiting[ended]
                yield place
        except BaseException:
            for each in waiting:
                ray.cancel(each)
            ray.wait(list(waiting), num_returns=len(waiting), timeout=TIME_TO_STOP + 5)
            raise
        finally:
            _forget_everywhere(ray, parcel)


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    import ray  # takes a second, and is an extra

    logging.getLogger("ray").setLevel(logging.ERROR)
    own = {"address": "local", "include_dashboard": False, "object_store_memory": _SMALL}
    given = {"address": address} if address else own
    try:
        with _without_stderr():
            ray.init(**given, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise VadlineError(f"Ray does not start: {' '.join(str(error).split())}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Keep from the terminal what no logger keeps: Ray says even that it shall say nothing."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _share(nodes: Sequence[Mapping[str, Any]], workers: int) -> dict[str, float]:
    """Return what a cell has of a node: its part of the smallest one's cores, and of its GPUs."""
    alive = [each["Resources"] for each in nodes if each["Alive"]]
    able = [each for each in alive if each.get("CPU")]
    if not able:
        raise VadlineError("no node of the Ray cluster has a CPU to spare: start one without it")
    cores = min(each["CPU"] for each in able) / workers
    gpus = min(each.get("GPU", 0.0) for each in able) / workers
    down = [math.floor(1e4 * each) / 1e4 for each in (cores, gpus)]  # as finely as Ray counts
    return {"num_cpus": down[0], "num_gpus": down[1] if gpus < 1 else math.floor(gpus)}


def _store() -> str:
    """Return MLflow's store if it is a file."""
    uri = mlflow.get_tracking_uri()
    return uri if uri.startswith(("sqlite:", "file:")) or "://" not in uri else ""


def _result(ray: Any, ended: Any) -> Left:
    try:
        return ray.get(ended)
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None) or error
        said = [line.strip() for line in str(cause).splitlines() if line.strip()]
        return Left(None, f"{type(cause).__name__}: {said[0] if said else 'no more is known'}")


def _deliver(place: Place, left: Left) -> None:
    """Leave in a cell's folder what it would have left there; what makes it done comes last."""
    with place.log.open("ab") as log:
        log.write(left.log)
    if left.done:
        place.finish(left.done)
    else:
        place.fail(left.failure or "has left nothing")


def _forget_everywhere(ray: Any, parcel: Any) -> None:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task = ray.remote(num_cpus=0, max_retries=0)(forget)
    told = []
    for node in (each["NodeID"] for each in ray.nodes() if each["Alive"]):
        there = NodeAffinitySchedulingStrategy(node, soft=False)
        told.append(task.options(scheduling_strategy=there).remote(parcel))
    ray.wait(told, num_returns=len(told), timeout=TIME_TO_STOP)
