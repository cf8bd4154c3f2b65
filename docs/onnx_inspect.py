"""Run a file of `vadline export`: python onnx_inspect.py DETECTOR.onnx PHOTOGRAPH..."""

import base64
import io
import json
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def read(data, rules):
    """Read a photograph as the line has read its own: uint8 (H, W, 3)."""
    twice, image = [2 * side for side in rules["size"]], Image.open(io.BytesIO(data))
    tiff = image.format == "TIFF" and 16 in image.tag_v2.get(258, ())[1:]
    if tiff or (image.format == "PNG" and data[24] == 16 and data[25] in (2, 6)):
        raise ValueError("16-bit colour takes vadline itself")
    if not rules["region"]:
        image.draft(image.mode, twice if image.getexif().get(274, 1) > 4 else twice[::-1])
    image = blank(eight_bit(ImageOps.exif_transpose(image), rules["sixteen_bit_max"]), rules)
    return np.asarray(blank(image.resize(rules["size"][::-1], Image.BILINEAR), rules))


def eight_bit(image, sixteen_bit_max):
    """Bring 16-bit and floating-point grey to 8 bits, and transparent pixels to black."""
    if image.mode == "F" or image.mode.startswith("I"):
        values, grey = np.asarray(image).astype(np.float32), image.mode != "F"
        if not (values.min() >= 0 and values.max() <= (65535 if grey else 1)):
            raise ValueError("values that have no defined range")
        values *= np.float32(255 / (sixteen_bit_max if grey else 1))
        return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, "black")
        return Image.alpha_composite(black, image.convert("RGBA"))
    return image


def blank(image, rules):
    """Paint what lies outside of the region of interest in one colour."""
    image = image.convert("RGB")
    if rules["region"]:
        outside = Image.open(io.BytesIO(base64.b64decode(rules["region"])))
        image.paste(tuple(rules["blank"]), mask=outside.resize(image.size, Image.NEAREST))
    return image


session = onnxruntime.InferenceSession(sys.argv[1])
rules = json.loads(session.get_modelmeta().custom_metadata_map["vadline"])
reject, review = rules["threshold"], np.inf if rules["review"] is None else rules["review"]
for path in sys.argv[2:]:
    try:
        pixels = read(pathlib.Path(path).read_bytes(), rules)
    except Exception as error:
        print("undecided", "nan", path, error, sep="\t")
        continue
    score = session.run(["score"], {"images": pixels[None]})[0].item()
    said = "reject" if score > reject else "review" if score > review else "accept"
    print(said, score, path, sep="\t")
