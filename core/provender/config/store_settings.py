"""The settings of stores and providers, checked by the models that their plug-ins declare."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from provender.config.checking import check
from provender.config.model import Config, StoreSection
from provender.config.sections import SECTIONS
from provender.config.yaml_text import YamlText
from provender.errors import ConfigError, Problem, did_you_mean
from provender.plugin.contract.info import ProviderInfo, StoreConfig, StoreType


def store_settings(section: StoreSection, store_type: StoreType) -> StoreConfig:
    """Return a store's settings as its plug-in wants them.

    Args:
        section: What the configuration says.
        store_type: The type that was chosen.

    Raises:
        ConfigError: With everything that is wrong in the section.
    """
    settings = dict(section.settings)
    if section.shorthand is not None:
        if store_type.shorthand is None:
            raise ConfigError(
                f"{section.key}: {store_type.name} does not accept a plain string",
                allowed=f"{{type: {store_type.name}, …}}",
                place=section.place(),
            )
        settings[store_type.shorthand] = section.shorthand
    text = section.text or YamlText(Path("feature_store.yaml"))
    checked, problems = check(store_type.config, settings, text, (section.key,))
    if problems:
        raise ConfigError.of(problems)
    settings_model: StoreConfig = checked
    return settings_model


def provider_problems(config: Config, provider: ProviderInfo) -> list[Problem]:
    """Return everything that is wrong with the settings under a provider's own name.

    Args:
        config: The configuration.
        provider: The provider that the configuration names; one that declares no model checks
            these settings itself, when a store is built.
    """
    if provider.settings is None:
        return []
    text = config.stores["registry"].text or YamlText(config.file)
    own = config.provider_settings
    _, problems = check(provider.settings, own, text, (provider.name,))
    none = not provider.settings.model_fields
    return [_with_way_out(problem, provider, none=none) for problem in problems]


def _with_way_out(problem: Problem, provider: ProviderInfo, *, none: bool) -> Problem:
    """Return a problem with the section that has the setting, if it is one of a store."""
    key = problem.fact.removeprefix(f"unknown key '{provider.name}.").removesuffix("'")
    if key == problem.fact or problem.fix:
        return problem
    settings = {
        f"{SECTIONS[role]}.{name}": name
        for role, kinds in provider.stores.items()
        for kind in kinds
        for name in kind.config.model_fields
    }
    found = [f"`{where}`" for where, name in settings.items() if name == key]
    fix = f"did you mean {' or '.join(found)}?" if found else did_you_mean(key, settings.values())
    allowed = "no settings" if none else problem.allowed
    return replace(problem, allowed=allowed, fix=fix or "remove it")
