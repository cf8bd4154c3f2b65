"""APC's training network: a pretrained encoder, a U-Net decoder and up to three heads."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from vadline.apc.heads import ClassificationHead, ReconstructionHead, SegmentationHead
from vadline.apc.layers import UpBlock, draw_weights, silence
from vadline.apc.params import APCParams
from vadline.backbones import FeatureExtractor, build_extractor
from vadline.errors import VadlineError
from vadline.state import ModelState


class APCOutputs(NamedTuple):
    """What the heads say; None where a task is switched off."""

    cls: Tensor | None
    segm: Tensor | None
    recon: Tensor | None


def encoder_layers(skips: int) -> tuple[int, ...]:
    """Return the levels that U-Net2 or U-Net4 reads: level i has stride ``2 ** (i + 1)``."""
    return (2, 3, 4) if skips == 2 else (0, 1, 2, 3, 4)


class APCNetwork(nn.Module):
    """Encoder, U-Net decoder and auxiliary heads (APC paper, Fig. 3).

    With a ResNet's names: layer4 -> Tconv1 (stride 16, concatenate layer3) -> Tconv2 (stride 8,
    concatenate layer2) -> Tconv3 (stride 4). The classification reads Tconv2 with its skip, so
    that its gradient reaches every map that PatchCore uses; segmentation and reconstruction read
    Tconv3. U-Net4 concatenates also layer1 to Tconv3, and the stem's stride-2 map to each pixel
    head's own transposed convolution.

    Parameters
    ----------
    encoder : FeatureExtractor
        Built with ``layers=encoder_layers(params.skips)``.
    generator : torch.Generator
        Draws the weights of the decoder and the heads.

    Raises
    ------
    VadlineError
        If the encoder's strides are not the ones that the decoder needs, as a plain vision
        transformer's, which has but one.
    """

    def __init__(
        self, encoder: FeatureExtractor, params: APCParams, generator: torch.Generator
    ) -> None:
        super().__init__()
        needed = tuple(2 ** (level + 1) for level in encoder_layers(params.skips))
        if tuple(encoder.strides) != needed:
            raise VadlineError(
                f"backbone.name: APC's decoder needs feature maps of strides {needed}, this "
                f"network's are {tuple(encoder.strides)}: take a convolutional one such as "
                "resnet50, or no detector with encoder: apc."
            )
        stem, layer1 = encoder.channels[:2] if params.skips == 4 else (0, 0)
        layer2, layer3, layer4 = encoder.channels[-3:]
        w1, w2, w3 = params.widths
        slope, sigma = params.leaky_slope, params.smoothing_sigma
        self.params = params
        self.encoder = encoder
        self.tconv1 = UpBlock(layer4, w1, slope)
        self.tconv2 = UpBlock(w1 + layer3, w2, slope)
        pixels = {"segm", "recon"} & set(params.tasks)
        self.tconv3 = UpBlock(w2 + layer2, w3, slope) if pixels else None
        head = (w3 + layer1, max(8, w3 // 2), stem, sigma, slope)
        self.cls = ClassificationHead(w2 + layer2, w3, slope) if "cls" in params.tasks else None
        self.segm = SegmentationHead(*head) if "segm" in params.tasks else None
        self.recon = ReconstructionHead(*head) if "recon" in params.tasks else None
        for name, part in self.named_children():
            if name != "encoder":
                draw_weights(part, generator)
        if self.cls is not None:
            silence(self.cls.output)
        if self.segm is not None:
            silence(self.segm.conv)

    def train(self, mode: bool = True) -> APCNetwork:
        """Set the decoder's mode; the encoder never drops units, nor moves frozen statistics."""
        super().train(mode)
        self.encoder.eval()
        if mode and not self.params.freeze_batch_norm:
            for layer in self.encoder.modules():
                if isinstance(layer, _BatchNorm):
                    layer.train()
        return self

    def forward(self, x: Tensor) -> APCOutputs:
        """Run the encoder, the decoder and the heads.

        Parameters
        ----------
        x : Tensor, float32, shape (B, 3, H, W)
            Normalised pixels; any size of 32 or more each way.

        Returns
        -------
        APCOutputs
            ``cls`` logits (B,), ``segm`` pixel logits (B, H, W), ``recon`` normalised pixels
            (B, 3, H, W).
        """
        size = (x.shape[-2], x.shape[-1])
        up2, up3, stem = self.decode(self.encoder(x))
        return APCOutputs(
            cls=self.cls(up2) if self.cls is not None else None,
            segm=self.segm(up3, stem, size) if self.segm is not None else None,
            recon=self.recon(up3, stem, size) if self.recon is not None else None,
        )

    def decode(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Turn the encoder's maps into what the heads read.

        Returns
        -------
        up2 : Tensor, float32, shape (B, C, H / 8, W / 8)
            For the classification.
        up3 : Tensor, float32, shape (B, C, H / 4, W / 4), optional
            For segmentation and reconstruction; ``None`` where both are off.
        stem : Tensor, float32, shape (B, C, H / 2, W / 2), optional
            The encoder's own, in U-Net4.
        """
        layer2, layer3, layer4 = maps[-3:]
        stem, layer1 = maps[:2] if len(maps) == 5 else (None, None)
        up2 = self.tconv2(self.tconv1(layer4, layer3), layer2)
        up3 = self.tconv3(up2, layer1) if self.tconv3 is not None else None
        return up2, up3, stem

    def folded(self) -> APCNetwork:
        """Return a copy for inference, equal up to rounding, with a faster, frozen encoder."""
        fast = copy.copy(self)
        fast._modules = {**self._modules, "encoder": self.encoder.folded()}
        return fast

    def state(self) -> ModelState:
        """Return the network as data, its tensors on the CPU; see :func:`network_from`."""
        tensors = {
            name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, value in self.state_dict().items()
        }
        return as_state(tensors, self.params)


def as_state(tensors: Mapping[str, Tensor], params: APCParams) -> ModelState:
    """Put a network's tensors beside what :func:`network_from` must know."""
    config = {"backbone": params.network().name, "apc": params.model_dump(mode="json")}
    return ModelState(tensors, config)


def new_network(params: APCParams, seed: int) -> APCNetwork:
    """Build the network that training starts from: pretrained encoder, drawn decoder and heads."""
    net = params.network()
    extractor = build_extractor(net.name, encoder_layers(params.skips), net.weights, net.sha256)
    return APCNetwork(extractor, params, torch.Generator().manual_seed(seed))


def network_from(state: ModelState) -> APCNetwork:
    """Rebuild a network from :meth:`APCNetwork.state`, in evaluation mode; nothing is downloaded.

    Raises
    ------
    VadlineError
        If the state is not such a network's.
    """
    if "apc" not in state.config:
        raise VadlineError("this state holds no heads of APC: run the stage apc_finetune again.")
    params = APCParams.model_validate(state.config["apc"])
    layers = encoder_layers(params.skips)
    extractor = build_extractor(state.config["backbone"], layers, weights="random")
    network = APCNetwork(extractor, params, torch.Generator().manual_seed(0))
    network.load_state_dict(dict(state.tensors))
    return network.eval()
