"""Settings of the stage ingest: where the photographs come from."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from vadline.errors import VadlineError
from vadline.sources.cutpaste import CutPasteParams
from vadline.sources.demo.params import DemoParams
from vadline.sources.folder import ROI
from vadline.sources.layouts import recognise
from vadline.sources.names import Names, safe
from vadline.sources.registry import SOURCES, source_adapter

EVERYTHING = "all"
MADE = ("demo", "cutpaste")


class SourceParams(BaseModel, extra="forbid", frozen=True):
    """Where the photographs come from."""

    name: str = Field(
        "demo",
        description=f"The adapter, by the layout of the folder: {', '.join(SOURCES)}, or"
        " package.module:function of your own; null for the layout that the root is found to have,"
        " and demo without a root.",
    )
    root: str | None = Field(
        None,
        description="The folder; relative to where kedro runs. Not used by demo, nor needed by"
        " elpv.",
    )
    good: tuple[str, ...] | None = Field(
        None,
        description="For folder: where good parts are, a folder below the root or several, in"
        " place of the usual names.",
    )
    bad: tuple[str, ...] | None = Field(None, description="For folder: the same, of bad parts.")
    category: str | None = Field(
        None,
        pattern=r"^[\w .-]*\w$",
        description="Product, where a source has several; mono or poly for elpv. It names a"
        " folder.",
    )
    demo: DemoParams = Field(DemoParams(), description="Read by the demo source only.")
    cutpaste: CutPasteParams = Field(
        CutPasteParams(), description="Read by the cutpaste source only."
    )

    @field_validator("name", mode="before")
    @classmethod
    def _is_demo_without_a_root(cls, name: object) -> object:
        return "demo" if name is None else name

    @field_validator("good", "bad", mode="before")
    @classmethod
    def _may_be_one(cls, folders: object) -> object:
        return (folders,) if isinstance(folders, str) else folders

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            source_adapter(name)
        except VadlineError as error:
            raise ValueError(str(error)) from error
        return name

    @model_validator(mode="after")
    def _names_are_of_the_users_own(self) -> Self:
        if self.name not in ("folder", "cutpaste") and (self.good or self.bad):
            raise ValueError(
                "source.good and source.bad name folders of your own parts, and source.name is "
                f"{self.name}: leave them out, or set source.name=folder"
            )
        return self

    @model_validator(mode="after")
    def _demo_renders_elsewhere(self) -> Self:
        if self.name == "cutpaste" and self.cutpaste.of == "demo" and self.root:
            raise ValueError(
                f"source.cutpaste.of=demo renders its own parts: leave out source.root={self.root}"
            )
        if self.name == "demo" and self.root:
            others = ", ".join(name for name in SOURCES if name not in (*MADE, "folder"))
            raise ValueError(
                "source.root is set, but source.name is demo, which renders its own parts: add"
                f" --env=folder (or {others}) to read {self.root}, or leave the name out"
            )
        return self

    @property
    def folder(self) -> Path | None:
        """The root as a path, ``~`` expanded; None where it is not set."""
        return Path(self.root).expanduser() if self.root else None

    @property
    def is_made(self) -> bool:
        """Whether its photographs are made by vadline, not read below the root."""
        return self.name in MADE

    def base(self) -> SourceParams:
        """Return the source whose good parts `cutpaste` takes.

        Raises
        ------
        VadlineError
            If it is unknown, does not go with the root, or is to be found by the layout of the
            root, and that is none that is known.
        """
        given = self.model_dump(exclude={"name", "cutpaste"}) | {"name": self.cutpaste.of}
        if given["name"] is None and self.folder is not None:
            layout = recognise(self.folder, self.names())
            given |= layout.source(self.folder, self.category)
        try:
            return SourceParams.model_validate(given)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            told = reason.replace("source.name", "source.cutpaste.of")
            raise VadlineError(f"the good parts of cutpaste: {told}") from error

    def names(self) -> Names:
        """Return what the folders of the user's own parts are called."""
        return Names(self.good, self.bad)

    def region_of_interest(self) -> Path | None:
        """Find ``roi.png`` in the user's own folder; None where there is none."""
        if self.name == "cutpaste":
            return self.base().region_of_interest()
        if self.name != "folder" or self.folder is None:
            return None
        path = self.folder / ROI
        return path if path.exists() else None

    def product(self) -> tuple[str, str]:
        """Name the source and the product, both safe as the name of a folder.

        Returns
        -------
        source : str
            Its name; of a user's own ``package.module:function`` the function's.
        category : str
            As set; else, for the user's own images and for cutpaste, the name of their folder;
            for cutpaste without one its source's; else ``"all"``.
        """
        source = self.name.partition(":")[2] or self.name
        category = self.category
        own = self.name in ("folder", "cutpaste") or self.name not in SOURCES
        if category is None and own and self.folder is not None:
            category = safe(self.folder.resolve().name)
        if category is None and self.name == "cutpaste":
            category = (self.cutpaste.of or "demo").rpartition(":")[2]
        return source, category or EVERYTHING
