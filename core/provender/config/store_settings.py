"""The settings of a store, checked by the model that its plug-in declares."""

from __future__ import annotations

from pathlib import Path

from provender.config.checking import check
from provender.config.model import StoreSection
from provender.config.yaml_text import YamlText
from provender.errors import ConfigError
from provender.plugin.contract.info import StoreConfig, StoreType


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
