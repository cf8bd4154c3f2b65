"""Cells on Ray's nodes: the same tables as here, whatever becomes of a node."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import pytest

from vadline import cli
from vadline.errors import VadlineError
from vadline.sweep import local, ray_engine, remote
from vadline.sweep.cells import Place, write_json
from vadline.sweep.joint import as_long, joint_table
from vadline.sweep.plan import Plan

pytest.importorskip("ray")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
ROOT = Path(__file__).parents[2]
QUICK = "tests.sweep.quick_cell"
ENOUGH = 90  # seconds


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of a head without cores; tests add nodes."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # Nodes import the stand-in for a cell's process, and this checkout's vadline.
        patch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{ROOT}")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setattr(ray_engine, "pack", partial(ray_engine.pack, module=QUICK))
        for name, value in ray_engine._SILENT.items():
            patch.setenv(name, value)
        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
        yield started
        started.shutdown()


@pytest.fixture
def nodes(cluster, tmp_path):
    """Return two nodes of one core with work directories of their own."""
    works = [tmp_path / name for name in ("one", "two")]
    added = [cluster.add_node(num_cpus=1, env_vars={remote.WORK: str(work)}) for work in works]
    yield dict(zip(works, added, strict=True))
    for node in added:
        if node in cluster.list_all_nodes():
            cluster.remove_node(node)


def places(project, name, plan):
    return [Place(project.path, project.path / "data/sweeps" / name, x) for x in plan.cells()]


def plan(seeds=4, **params):
    shown = {"tables": {"segad": ["image_auroc"]}}
    return Plan(title="A plan", products=["nuts", "bolts"], seeds=seeds, params=params, **shown)


def run(engine, project, name, planned):
    """Run all cells as `sweep` does; return their places."""
    own = places(project, name, planned)
    features = {"VADLINE_FEATURES": str(own[0].folder / "features")}
    assert {place.cell.name for place in engine(own, features)} == {x.cell.name for x in own}
    return own


def joint(own, planned):
    long = as_long([(place.cell, place.done()) for place in own if place.done()], planned)
    return joint_table(long)


def eventually(true):
    """Wait until something comes true, and return it."""
    end = time.monotonic() + ENOUGH
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_two_nodes_leave_what_one_machine_leaves(project, cluster, nodes, monkeypatch, capfd):
    monkeypatch.setattr(local, "start", partial(local.start, module=QUICK))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{ROOT}")
    here = run(partial(local.run_here, workers=2), project, "here", plan())
    there = run(ray_engine.on_ray(cluster.address), project, "there", plan())
    assert joint(there, plan()).equals(joint(here, plan()))
    assert len(joint(there, plan())) == 6
    for one, other in zip(here, there, strict=True):
        assert one.log.read_text() == other.log.read_text() == "at work\n"
    for work in nodes:  # both had cells, which share features, and whose folders are gone
        (own,) = work.iterdir()
        assert list((own / "features").iterdir())
        assert not list((own / "cells").iterdir())
    assert not capfd.readouterr().err


def at_work(begun):
    """Return the processes of cells that have begun, and their folders; two are enough."""
    found = {int(path.name): path.read_text() for path in begun.iterdir()}
    return found if len(found) > 1 and all(found.values()) else None


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("killed", ["node", "worker"])
def test_what_is_killed_loses_nothing(project, cluster, nodes, tmp_path, killed):
    begun = tmp_path / "begun"
    begun.mkdir()
    (work, node), *_ = nodes.items()

    def kill():
        found = eventually(lambda: at_work(begun))
        (pid,) = [pid for pid, folder in found.items() if folder.startswith(str(work))]
        if killed == "node":
            cluster.remove_node(node, allow_graceful=False)
        else:
            os.kill(parent(pid), signal.SIGKILL)
        eventually(lambda: not Path(f"/proc/{pid}").exists())  # its cell has gone with it
        (begun / "go").touch()

    with ThreadPoolExecutor() as pool:
        killing = pool.submit(kill)
        own = run(ray_engine.on_ray(cluster.address), project, killed, plan(2, begun=str(begun)))
        killing.result()
    assert all(place.done() for place in own)
    assert not any(place.failure() for place in own)
    assert len(list(begun.iterdir())) == len(own) + 2  # one cell began twice; and what says go


def test_a_cell_that_fails_says_why_and_the_rest_goes_on(project, cluster, nodes):
    planned = Plan(title="A plan", products=["nuts"], arms={"a": {"fails": True}, "b": {}})
    failed, done = run(ray_engine.on_ray(cluster.address), project, "failing", planned)
    assert failed.failure() == "this one fails"
    assert "at work" in failed.log.read_text()
    assert not failed.done()
    assert done.done()
    assert not done.failure()


def test_an_engine_that_cannot_be_had_is_told_at_once(monkeypatch):
    for address, words in (("somewhere", "no host:port"), ("127.0.0.1:9", "ray start --head")):
        with pytest.raises(VadlineError, match=words):
            ray_engine.on_ray(address)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(ray_engine, "_TIME_TO_ANSWER", 3)
        with pytest.raises(VadlineError, match="no Ray cluster answers"):
            ray_engine.on_ray(f"127.0.0.1:{silent.getsockname()[1]}")
    monkeypatch.setattr(ray_engine.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VadlineError, match="vadline\\[ray\\]"):
        ray_engine.on_ray()


def test_cells_share_the_smallest_node():
    offered = ({"CPU": 16, "GPU": 4}, {"CPU": 4, "GPU": 2}, {})
    nodes = [{"Alive": True, "Resources": each} for each in offered]
    nodes.append({"Alive": False, "Resources": {"CPU": 1}})
    assert ray_engine._share(nodes, 1) == {"num_cpus": 4, "num_gpus": 2}
    assert ray_engine._share(nodes, 3) == {"num_cpus": 1.3333, "num_gpus": 0.6666}
    nodes[1]["Resources"].pop("GPU")
    assert ray_engine._share(nodes, 1) == {"num_cpus": 4, "num_gpus": 0}
    with pytest.raises(VadlineError, match="CPU"):
        ray_engine._share(nodes[2:], 1)


def test_a_node_with_another_vadline_or_without_the_store_is_refused(project):
    (place, *_) = places(project, "refused", plan(1))
    parcel = remote.pack(project.path, place.folder, {}, version="another")
    assert "install the same" in remote.run_there(parcel, asdict(place.cell)).failure
    parcel = remote.pack(project.path, place.folder, {}, store="sqlite:///mlflow.db")
    elsewhere = replace(parcel, project="/not/here")
    assert "server" in remote.run_there(elsewhere, asdict(place.cell)).failure


def test_a_place_in_the_sweeps_folder_is_one_of_the_node(project, tmp_path, monkeypatch):
    monkeypatch.setenv(remote.WORK, str(tmp_path / "work"))
    folder = project.path / "data/sweeps/a"
    given = {"VADLINE_FEATURES": str(folder / "features"), "OTHER": "as it is"}
    parcel = remote.pack(project.path, folder, given)
    assert remote._environment(parcel) == {
        "VADLINE_FEATURES": str(tmp_path / "work" / parcel.key / "features"),
        "OTHER": "as it is",
    }
    assert remote._unpacked(parcel) == remote._unpacked(parcel)
    assert (remote._unpacked(parcel) / "conf/base/catalog.yml").is_file()


def test_ctrl_c_ends_cells_and_leaves_nothing_half(project, cluster, nodes, tmp_path):
    begun = tmp_path / "begun"
    begun.mkdir()
    planned = plan(2, begun=str(begun))
    own = places(project, "stopped", planned)
    ending = ray_engine.on_ray(cluster.address)(own, {"VADLINE_FEATURES": "/none"})
    with ThreadPoolExecutor() as pool:
        found = pool.submit(eventually, lambda: at_work(begun))
        found.add_done_callback(lambda _: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            next(ending)
    assert not any(Path(f"/proc/{pid}").exists() for pid in found.result())
    assert not any(place.done() or place.failure() for place in own)
    assert len(list(begun.iterdir())) == 2  # no other cell has begun


def test_a_former_attempt_is_waited_for(project):
    (place, *_) = places(project, "again", plan(1))
    place.own.mkdir(parents=True)
    former = subprocess.Popen(["sleep", "1"])
    write_json(place.own / remote._PROCESS, former.pid)
    with ThreadPoolExecutor() as pool:
        reaped = pool.submit(former.wait)
        remote._wait_for_an_earlier(place)
        assert reaped.done() or not Path(f"/proc/{former.pid}").exists()


def test_options_that_do_not_go_together_are_told():
    for given in (("local", 1, "host:1", False), ("ray", 1, None, True)):
        with pytest.raises(VadlineError, match="--engine="):
            cli._engine(*given)
