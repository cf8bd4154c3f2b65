"""Before anything else: the settings are checked, and what Kedro builds is built for them."""

from __future__ import annotations

from pathlib import Path

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import PACKAGE_NAME, pipelines

from vadline.config.current import use
from vadline.config.inspecting import with_inspector
from vadline.config.parsing import parse
from vadline.config.reviewing import reviewed_bads
from vadline.run.recognising import recognised


class ParameterHooks:
    """Check all parameters and build the pipelines that they ask for."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Parse ``parameters.yml`` once, and hand the whole checked tree back to Kedro.

        Nodes then get any part of it by its name, defaults included, and Kedro makes the models
        that their type hints ask for.

        Raises
        ------
        VadlineError
            If a parameter is unknown, missing or out of range, or ``source.root`` is given alone
            and has no layout that is known.
        """
        loader, project = context.config_loader, Path(context.project_path)
        raw = recognised(loader["parameters"], loader)
        parameters = with_inspector(parse(raw, reviewed_bads(raw, project)), project)
        loader["parameters"] = parameters.model_dump(mode="json")
        use(parameters)
        pipelines.configure(f"{context._package_name or PACKAGE_NAME}.pipeline_registry")
