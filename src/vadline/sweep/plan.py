"""A plan: products, arms and seeds, crossed."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator

from vadline.errors import VadlineError
from vadline.sweep.facts import Fact, one_by_one

FOLDER = Path("conf", "plans")
_WITHOUT_PHOTOGRAPHS = {"segad_visa"}
_SHARED = ("source", "images", "review")  # what decides of the arrays that ingest makes


class Product(BaseModel, extra="forbid", frozen=True):
    """One product, or a few categories of one source."""

    env: str | None = Field(None, description="Kedro's configuration environment.")
    params: dict[str, Any] = Field(default_factory=dict, description="By their dotted names.")
    categories: list[str] = Field(
        default_factory=list, description="One product each; none for the product as it is."
    )
    needs: str = Field("", description="What to put where, told if something is not there.")


class Plan(BaseModel, extra="forbid", frozen=True):
    """What is run, and what of it is shown."""

    title: str
    pipeline: str = Field("segad_vad", description="Or several, apart by commas.")
    env: str | None = Field(None, description="Of products that name none.")
    params: dict[str, Any] = Field(default_factory=dict, description="Of every cell.")
    products: dict[str, Product] = Field(min_length=1)
    arms: dict[str, dict[str, Any]] = Field(
        {"": {}}, min_length=1, description="What is compared: name to parameters."
    )
    seeds: list[int] = Field([0], min_length=1, description="Or how many, from 0.")
    tables: dict[str, list[str]] = Field(
        default_factory=lambda: {"segad": ["image_auroc", "fpr_at_95tpr"]},
        description="Tables that are joined, and the metrics of each that are shown.",
    )
    rows: list[str] | None = Field(None, description="Rows that are shown, in order; all.")
    against: str | None = Field(
        None,
        description="The row that others are held against over the same seeds; the first; "
        '"" for no differences.',
    )
    published: list[Fact] = Field(
        default_factory=list, description="One by one, or as tables: see `facts.one_by_one`."
    )

    @field_validator("seeds", mode="before")
    @classmethod
    def _how_many(cls, seeds: Any) -> Any:
        return list(range(seeds)) if isinstance(seeds, int) else seeds

    @field_validator("products", mode="before")
    @classmethod
    def _plain(cls, products: Any) -> Any:
        return {name: {} for name in products} if isinstance(products, list) else products

    @field_validator("published", mode="before")
    @classmethod
    def _one_by_one(cls, published: Any) -> Any:
        return one_by_one(published)

    def shown(self) -> list[str]:
        """Name the products as tables have them: each category is one."""
        return list(dict.fromkeys(cell.product for cell in self.cells()))

    def cells(self) -> list[Cell]:
        """List all cells: one seed of everything first, so that a first table comes early."""
        found = []
        for seed in self.seeds:
            for name, product in self.products.items():
                for category in product.categories or [""]:
                    for arm, own in self.arms.items():
                        given = {**self.params, **product.params, **own, "seed": seed}
                        if category:
                            given["source.category"] = category
                        shown = f"{name}/{category}" if category else name
                        env = product.env or self.env
                        found.append(Cell(shown, arm, seed, env, nested(given), self.pipeline))
        return found


@dataclass(frozen=True)
class Cell:
    """One run.

    Attributes
    ----------
    product, arm : str
        As the plan names them.
    params : dict
        Nested, as Kedro takes them.
    """

    product: str
    arm: str
    seed: int
    env: str | None
    params: dict[str, Any]
    pipeline: str

    @property
    def name(self) -> str:
        """Unique and readable; another one where any parameter is another."""
        words = [self.product, self.arm, f"seed{self.seed}"]
        told = "-".join(re.sub(r"[^\w.=]+", "_", word) for word in words if word)
        return f"{told[:80]}-{_digest([self.env, self.params, self.pipeline])[:8]}"

    @property
    def pipelines(self) -> list[str]:
        """What is run."""
        return self.pipeline.split(",")

    @property
    def takes_photographs(self) -> bool:
        """Whether any pipeline begins with these."""
        return not _WITHOUT_PHOTOGRAPHS.issuperset(self.pipelines)

    @property
    def reads(self) -> str:
        """Tells apart what photographs are read, and how: cells that are alike share them."""
        return _digest([self.env, {key: self.params.get(key) for key in _SHARED}])[:16]


def read_plan(name: str | Path, project: Path) -> tuple[str, Plan]:
    """Read a plan by its file, or by its name below ``conf/plans``; return its name too.

    Raises
    ------
    VadlineError
        If there is none, or it is none.
    """
    given, own = Path(name), project / FOLDER / f"{name}.yml"
    path = own if not given.is_file() and own.is_file() else given
    if not path.is_file():
        known = sorted(each.stem for each in (project / FOLDER).glob("*.yml"))
        raise VadlineError(
            f"there is no plan {name}: give a file, or one of {project / FOLDER}: "
            f"{', '.join(known) or 'which has none'}"
        )
    try:
        return path.stem, Plan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise VadlineError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'the plan'}: {each['msg'].lower()}"
            for each in error.errors()
        )
        raise VadlineError(f"{path}: {wrong}") from error


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Nest parameters that are named by dots; later ones win."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, last = key.split(".")
        place = tree
        for parent in parents:
            below = place.get(parent)
            place[parent] = below if isinstance(below, dict) else {}
            place = place[parent]
        place[last] = copy.deepcopy(value)  # a later one may be put into it
    return tree


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
