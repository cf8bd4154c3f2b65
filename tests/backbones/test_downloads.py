"""Downloads are told, cached, and fail in one line within seconds."""

import functools
import hashlib
import http.server
import logging
import threading
import time

import pytest
import timm
import torch
from safetensors.torch import save_file

from vadline.backbones import build_extractor, downloads
from vadline.errors import VadlineError


@pytest.fixture(autouse=True)
def empty_caches(tmp_path, monkeypatch):
    before = torch.hub.get_dir()
    torch.hub.set_dir(tmp_path / "hub")
    monkeypatch.setattr(downloads, "try_to_load_from_cache", lambda *args, **kwargs: None)
    yield
    torch.hub.set_dir(before)


@pytest.fixture
def offline(monkeypatch):
    """Send everything to a proxy that nobody listens at."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, "http://127.0.0.1:9")
    for spelling in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(spelling, raising=False)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve a folder; return it and its address."""
    for spelling in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(spelling, "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{site.server_port}"
        site.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", ["model.safetensors", "huggingface", "timm/resnet18.a1_in1k"]),
        ("dinov2_vits14", ["model.safetensors", "timm/vit_small_patch14_dinov2.lvd142m"]),
        ("torchvision/resnet18", ["download.pytorch.org/models/resnet18-f37072fd.pth", "hub"]),
        ("moco_v3_resnet50", ["moco-v3/r-50-1000ep/r-50-1000ep.pth.tar", "checkpoints"]),
    ],
)
def test_without_a_network_one_line_tells_what_to_fetch(offline, name, words):
    start = time.perf_counter()
    with pytest.raises(VadlineError, match="cannot be downloaded") as caught:
        build_extractor(name)
    assert time.perf_counter() - start < 10
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in [*words, "backbone.weights", "efficientnet_lite0"])


def test_a_host_that_never_answers_is_given_up(monkeypatch):
    asleep = threading.Event()

    def urlopen(*args, **kwargs):
        asleep.wait(60)
        raise OSError

    monkeypatch.setattr(downloads, "urlopen", urlopen)
    monkeypatch.setattr(downloads, "_PATIENCE", 0.05)
    with pytest.raises(TimeoutError, match=r"nowhere\.example"):
        downloads.announce("net", "https://nowhere.example/file")
    asleep.set()


def test_a_file_is_announced_with_its_size_and_fetched_once(server, caplog):
    folder, address = server
    content = bytes(2_000_000)
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (folder / name).write_bytes(content)
    with caplog.at_level(logging.INFO, "vadline"):
        path = downloads.fetch("net", f"{address}/{name}", "CC-BY-NC 4.0")
    assert path.read_bytes() == content
    assert "2 MB" in caplog.text
    assert "CC-BY-NC 4.0" in caplog.text
    (folder / name).unlink()
    assert downloads.fetch("net", f"{address}/{name}") == path


@pytest.mark.parametrize("name", ["net-00000000.pth", "missing.pth"])
def test_a_download_that_goes_wrong_leaves_nothing(server, name):
    folder, address = server
    (folder / "net-00000000.pth").write_bytes(b"another file")
    with pytest.raises(VadlineError, match="cannot be downloaded") as caught:
        downloads.fetch("net", f"{address}/{name}")
    assert "\n" not in str(caught.value)
    assert not list((downloads.Path(torch.hub.get_dir()) / "checkpoints").iterdir())


def test_torchvision_s_file_in_the_hub_s_cache_needs_no_network(offline):
    state = timm.create_model("resnet18").state_dict()
    folder = downloads.Path(torch.hub.get_dir()) / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(state, folder / "resnet18-f37072fd.pth")
    body = build_extractor("torchvision/resnet18", (2,)).body
    assert torch.equal(body.conv1.weight, state["conv1.weight"])


@pytest.mark.parametrize("name", ["resnet18", "test_vit"])
def test_timm_s_file_in_the_hub_s_cache_needs_no_network(offline, monkeypatch, tmp_path, name):
    model = timm.create_model(name)
    path = tmp_path / "model.safetensors"
    save_file(model.state_dict(), path)

    def cached(repository, file, revision=None):
        return str(path) if repository.startswith(f"timm/{name}.") and file == path.name else None

    monkeypatch.setattr(downloads, "try_to_load_from_cache", cached)
    first = next(model.parameters())
    own = build_extractor(name, (2, 3)).body.parameters()
    assert any(p.shape == first.shape and torch.equal(p, first) for p in own)
    path.write_bytes(b"broken")
    with pytest.raises(VadlineError, match=r"model\.safetensors.* delete that file") as caught:
        build_extractor(name, (2, 3))
    assert "\n" not in str(caught.value)
