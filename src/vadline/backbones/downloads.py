"""Pretrained weights from the network: told beforehand, cached, and quick to fail."""

from __future__ import annotations

import logging
import ssl
import threading
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import torch
from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache
from timm.models import PretrainedCfg

from vadline.backbones.sources import BUNDLED
from vadline.errors import VadlineError

logger = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds until a host that does not answer counts as out of reach


def fetch(name: str, url: str, licence: str | None = None) -> Path:
    """Return a checkpoint's file in PyTorch's hub cache, downloading it where it is not there.

    A hash in the file's name, as torchvision has it, is checked; ``name`` and ``licence`` go into
    the log.

    Raises
    ------
    VadlineError
        If it cannot be downloaded; names the file and where to put it.
    """
    path = _in_torch_hub(url)
    if path.is_file():
        return path
    try:
        announce(name, url, licence)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = torch.hub.HASH_REGEX.search(path.name)
        torch.hub.download_url_to_file(url, str(path), digest and digest.group(1))
    except (OSError, RuntimeError) as error:
        raise cannot_download(name, error, url, f", or put it into {path.parent}") from error
    return path


def hub_place(config: PretrainedCfg) -> tuple[str, str, Path | None]:
    """Find a timm checkpoint: its address, what to call it, and the cached file if there is one.

    Returns
    -------
    url : str
    described : str
        The file in words for a person who fetches it by hand.
    cached : Path or None

    Raises
    ------
    VadlineError
        If timm names no single address.
    """
    if not config.hf_hub_id:
        if not isinstance(config.url, str):
            raise VadlineError(
                f"timm names no one file with weights of {config.architecture}: set "
                "backbone.weights to a local checkpoint."
            )
        path = _in_torch_hub(config.url)
        return config.url, config.url, path if path.is_file() else None
    repository, _, revision = config.hf_hub_id.partition("@")
    stored = config.hf_hub_filename or "pytorch_model.bin"
    safe = {
        "pytorch_model.bin": "model.safetensors",
        "open_clip_pytorch_model.bin": "open_clip_model.safetensors",
    }.get(stored, stored)
    found = [
        try_to_load_from_cache(repository, file, revision=revision or None)
        for file in (safe, stored)
    ]
    cached = next((Path(path) for path in found if isinstance(path, str)), None)
    url = hf_hub_url(repository, safe, revision=revision or None)
    return url, f"{safe} of {constants.ENDPOINT}/{repository}", cached


def announce(name: str, url: str, licence: str | None = None) -> None:
    """Log a download, and fail at once where its host cannot be reached.

    The hubs' own clients try again and again, for most of a minute. Proxies are honoured.

    Raises
    ------
    OSError
        If nobody answers within a few seconds.
    """
    if urlsplit(url).netloc == urlsplit(constants.ENDPOINT).netloc and constants.HF_HUB_OFFLINE:
        raise ConnectionError("HF_HUB_OFFLINE is set")
    size = _size(url)
    logger.info(
        "Downloading the weights of backbone %s from %s (%s%s)",
        name,
        url,
        f"{size / 1e6:.0f} MB" if size else "size unknown",
        f"; licence {licence}" if licence else "",
    )


def cannot_download(
    name: str, error: Exception, described: str, alternative: str = ""
) -> VadlineError:
    """Say in one line which file, ``described``, to fetch, and where to put it.

    The ``alternative`` is another place than ``backbone.weights``.
    """
    reason = getattr(error, "reason", error)
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return VadlineError(
        f"The weights of backbone {name!r} cannot be downloaded ({words.splitlines()[0]:.100}): "
        f"fetch {described} on another machine and set backbone.weights to it{alternative}, or "
        f"use backbone.name {BUNDLED}, which needs no download."
    )


def _in_torch_hub(url: str) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(url).path).name


def _size(url: str) -> int | None:
    """Ask for a file's size in bytes; None where the host answers but does not tell."""
    answers: list[int | OSError | None] = []

    def ask() -> None:
        try:
            with urlopen(Request(url, method="HEAD"), timeout=_PATIENCE) as reply:
                length = reply.headers.get("Content-Length")
                answers.append(int(length) if length else None)
        except HTTPError:  # a host that refuses the question is there; its client says the rest
            answers.append(None)
        except URLError as error:  # the hub's client may know certificates that Python does not
            unknown = isinstance(error.reason, ssl.SSLCertVerificationError)
            answers.append(None if unknown else error)
        except OSError as error:
            answers.append(error)

    # Looking up a host's name knows no time limit, so it waits in a thread of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(2 * _PATIENCE)
    answer = answers[0] if answers else TimeoutError(f"no answer from {urlsplit(url).netloc}")
    if isinstance(answer, OSError):
        raise answer
    return answer
