"""Small networks train faster in one thread, and a busy machine has no other."""

import pytest

from vadline.backbones import device


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device, "TRAINING_THREADS", 1)
        yield
