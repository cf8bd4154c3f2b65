import ast
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTMAEConfig, ViTMAEForPreTraining, ViTModel

from vadline.errors import VadlineError
from vadline.f2pad import F2PADParams
from vadline.f2pad.inpainting import inpaint
from vadline.f2pad.mae import load_mae, mae_inpaint

SOURCE = Path(__file__).parents[2] / "src" / "vadline"
SIDE, PATCH = 32, 8
SIZES = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
PUBLISHED = {  # names in the checkpoints that are published
    "vit.layers.": "vit.encoder.layer.",
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def _model(**changes):
    torch.manual_seed(0)
    config = ViTMAEConfig(
        **SIZES,
        **{f"decoder_{name}": size for name, size in SIZES.items()},
        image_size=SIDE,
        patch_size=PATCH,
        initializer_range=0.3,
    )
    config.update(changes)
    return ViTMAEForPreTraining(config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("mae")
    _model().save_pretrained(place)
    return place


def _image(height=SIDE, width=SIDE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def _region(height=SIDE, width=SIDE):
    """About a quarter of the height, so that it lies on both sides of an edge of patches."""
    region = np.zeros((height, width), bool)
    region[height // 4 - height // 12 : height // 4 + height // 12, width // 3 : width // 2] = True
    return region


@pytest.mark.parametrize("size", [(SIDE, SIDE), (100, 70), (24, 50)])
def test_only_the_region_is_painted_and_what_it_shows_does_not_count(folder, size):
    image, region = _image(*size), _region(*size)
    painted = mae_inpaint(load_mae(folder), image, region)
    assert painted.dtype == np.float32
    np.testing.assert_array_equal(painted[~region], image[~region])
    assert (painted[region] != image[region]).any()
    assert painted.min() >= 0
    assert painted.max() <= 255
    image[region] = 255 - image[region]
    np.testing.assert_array_equal(mae_inpaint(load_mae(folder), image, region), painted)


def test_the_hidden_patches_are_those_that_the_region_touches(folder):
    image, region = _image(), np.zeros((SIDE, SIDE), bool)
    region[7:9, 17:20] = True
    touched = {(0, 2), (1, 2)}
    before = mae_inpaint(load_mae(folder), image, region)[region]
    for row in range(SIDE // PATCH):
        for column in range(SIDE // PATCH):
            other = image.copy()
            other[row * PATCH :, column * PATCH :][:PATCH, :PATCH] ^= 255
            after = mae_inpaint(load_mae(folder), other, region)[region]
            assert np.array_equal(after, before) == ((row, column) in touched), (row, column)


def test_each_patch_is_painted_in_its_place_and_colour(tmp_path):
    model = _model(decoder_num_hidden_layers=0)
    decoder = model.decoder
    with torch.no_grad():  # what is filled in depends on the place alone
        decoder.decoder_embed.weight.zero_()
        decoder.mask_token.zero_()
        decoder.decoder_pos_embed.normal_()
        patches = decoder.decoder_pred(decoder.decoder_norm(decoder.decoder_pos_embed[0, 1:]))
    model.save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.4, 0.5, 0.6], "image_std": [0.1, 0.2, 0.3]})
    )
    many = SIDE // PATCH
    drawn = patches.view(many, many, PATCH, PATCH, 3).transpose(1, 2).reshape(SIDE, SIDE, 3)
    drawn = 255 * (drawn * torch.tensor([0.1, 0.2, 0.3]) + torch.tensor([0.4, 0.5, 0.6]))
    region = _region()
    painted = mae_inpaint(load_mae(tmp_path), _image(), region)
    np.testing.assert_allclose(painted[region], drawn.clamp(0, 255).numpy()[region], atol=1e-2)


def test_an_image_leaves_nothing_behind_for_the_next(folder):
    mae, image, region = load_mae(folder), _image(), _region()
    ratio = mae.model.config.mask_ratio
    first = mae_inpaint(mae, image, region)
    larger = region.copy()
    larger[20:, :20] = True
    mae_inpaint(mae, image, larger)
    assert mae.model.config.mask_ratio == mae.model.vit.embeddings.config.mask_ratio == ratio
    np.testing.assert_array_equal(mae_inpaint(mae, image, region), first)
    assert load_mae(folder) is mae


def test_without_a_region_the_image_stays_and_without_a_patch_there_is_no_guess(folder):
    mae, image, region = load_mae(folder), _image(), np.zeros((SIDE, SIDE), bool)
    np.testing.assert_array_equal(mae_inpaint(mae, image, region), image)
    region[::PATCH, ::PATCH] = True  # a pixel of every patch
    assert mae_inpaint(mae, image, region) is None


def test_the_initialiser_paints_with_it_and_falls_back_where_there_is_no_guess(folder):
    image, region = _image(), _region()
    params = F2PADParams(initialiser="mae", mae=folder)
    none = image[None][:0]
    np.testing.assert_array_equal(
        inpaint(image, region, none, params).mean, mae_inpaint(load_mae(folder), image, region)
    )
    region[::PATCH, ::PATCH] = True
    np.testing.assert_array_equal(
        inpaint(image, region, none, params).mean,
        inpaint(image, region, none, F2PADParams(initialiser="biharmonic")).mean,
    )
    everywhere = np.ones((SIDE, SIDE), bool)
    assert (inpaint(image, everywhere, np.full_like(image, 7)[None], params).mean == 7).all()


def test_the_names_of_published_checkpoints_are_read(folder, tmp_path):
    model, state = _model(), {}
    for name, values in model.state_dict().items():
        for now, published in PUBLISHED.items():
            name = name.replace(now, published)
        state[name] = values
    assert "decoder.decoder_layers.0.attention.attention.query.weight" in state
    model.config.save_pretrained(tmp_path)
    torch.save(state, tmp_path / "pytorch_model.bin")
    image, region = _image(), _region()
    np.testing.assert_array_equal(
        mae_inpaint(load_mae(tmp_path), image, region),
        mae_inpaint(load_mae(folder), image, region),
    )


def _missing(place):
    place.rmdir()


def _empty(place):
    pass


def _truncated(place):
    _model().save_pretrained(place)
    weights = place / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_missing, "there is no folder"),
        (_empty, "config.json"),
        (_truncated, "holds no MAE"),
        (lambda place: ViTModel(ViTConfig(**SIZES)).save_pretrained(place), "model_type is vit,"),
        (lambda place: _model().vit.save_pretrained(place), "lacks weights: decoder."),
        (lambda place: _model(num_channels=1).save_pretrained(place), "1 channels"),
        (lambda place: _model(norm_pix_loss=True).save_pretrained(place), "norm_pix_loss"),
    ],
)
def test_anything_else_is_refused_in_one_line(tmp_path, capfd, write, words):
    place = tmp_path / "checkpoint"
    place.mkdir()
    write(place)
    capfd.readouterr()
    with pytest.raises(VadlineError) as caught:
        load_mae(place)
    message = str(caught.value)
    assert words in message
    assert str(place) in message
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")


def test_without_transformers_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(VadlineError, match=r'pip install "vadline\[mae\]"'):
        load_mae(tmp_path)


def test_transformers_is_not_imported_before_it_is_needed():
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "transformers" not in ast.unparse(node), path


def test_the_initialiser_needs_the_folder(folder):
    with pytest.raises(ValueError, match="mae is missing"):
        F2PADParams(initialiser="mae")
    params = F2PADParams(initialiser="mae", mae=folder)
    assert F2PADParams.model_validate(params.model_dump(mode="json")) == params
