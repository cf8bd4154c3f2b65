"""A little of what SegAD's authors publish, in their layout."""

import numpy as np
import pandas as pd

MODELS = ("efficient_ad", "rd4ad")
COMPONENTS = {"candle": 2, "pcb1": 6}
SIZE = 32
TABLES = {"df_training": (8, 0), "df_test": (8, 13)}


def publish(root, classes=tuple(COMPONENTS)):
    """Write maps, segmentations and tables below a folder, and return it."""
    for category in classes:
        for model in MODELS:
            for table, counts in TABLES.items():
                _publish(root, category, model, table, counts)
    return root


def table(root, model, category, name):
    """Return the path of a table."""
    return root / "anomaly_maps" / model / category / f"{name}.csv"


def image(root, category, folder, name, model=None):
    """Return the path of a model's anomaly map, or of a segmentation."""
    if model is None:
        return root / "visa_segm" / category / folder / f"{name}.npy"
    return root / "anomaly_maps" / model / category / "anomaly_maps" / folder / f"{name}.npy"


def _publish(root, category, model, table_name, counts):
    seed = [len(category), len(table_name)]
    labels = np.random.default_rng(seed).permutation(np.repeat([0, 1], counts))  # they stand mixed
    rng = np.random.default_rng([*seed, len(model)])
    rows = []
    for number, label in enumerate(labels):
        folder, name = ("good", "bad")[label], f"{table_name}_{number:03}"
        drawn = rng.gamma(2, size=(SIZE, SIZE)).astype(np.float32)
        drawn[: 8 * label, :8] += 0.3 * rng.gamma(1)
        where = image(root, category, folder, name, model)
        where.parent.mkdir(parents=True, exist_ok=True)
        np.save(where, drawn)
        path = f"elsewhere/{category}/{folder}/{name}.npy"
        rows.append((f"{name}.JPG", path, label, drawn.max() + rng.normal()))
        segmented = image(root, category, folder, name)
        if not segmented.exists():  # three of pcb1's components are empty
            segmented.parent.mkdir(parents=True, exist_ok=True)
            cells = np.add.outer(np.arange(SIZE) // 11, np.arange(SIZE) // 16)
            np.save(segmented, np.where(cells > 1, 5, cells) % COMPONENTS[category])
    columns = ["filepath", "an_map_path", "label", "prediction_an_det"]
    pd.DataFrame(rows, columns=columns).to_csv(
        table(root, model, category, table_name), index=False
    )
