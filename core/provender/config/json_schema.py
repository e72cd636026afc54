"""The JSON Schema of feature_store.yaml, for editors that check as you type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema

from provender.config.feast_keys import FEAST_KEYS
from provender.config.model import ConfigFile
from provender.config.registry_cache import RegistryCache
from provender.config.sections import SECTIONS
from provender.engines import CORE
from provender.errors import PluginError
from provender.plugin.contract.info import ProviderInfo, Role, StoreType
from provender.plugin.loading.discovery import PROVIDERS, entries, find
from provender.plugin.loading.entry_point import load_module, provider_info

_VARIABLE = {"type": "string", "pattern": r"\$\{.+\}"}
_TELLING = ("title", "description", "default", "examples")
_FREE: dict[str, Any] = {"type": "object"}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of feature_store.yaml.

    It knows the settings of every store of the providers that are installed. Wherever a value
    must be a number or match a pattern, ``${NAME}`` is allowed too.
    """
    providers = _installed()
    schema = _or_variable(ConfigFile.model_json_schema())
    properties = schema["properties"]
    definitions = schema.setdefault("$defs", {})
    for role, key in SECTIONS.items():
        stores = [
            _store(p, role, s, definitions)
            for p in (CORE, *providers)
            for s in p.stores.get(role, ())
        ]
        properties[key] = {"anyOf": [{"type": "string"}, *(stores or [_FREE]), {"type": "null"}]}
    schema["patternProperties"] = _other_keys(providers)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**head, **schema, "title": "feature_store.yaml"}


def _installed() -> list[ProviderInfo]:
    """Return what the installed providers say of themselves, without the broken ones."""
    found = []
    for name in entries(PROVIDERS):
        try:
            entry = find(PROVIDERS, name)
            found.append(provider_info(entry, load_module(entry)))
        except PluginError:
            continue
    return found


def _other_keys(providers: Sequence[ProviderInfo]) -> dict[str, Any]:
    """Return what else may stand at the top: settings of providers, and Feast's keys."""
    own = {f"^{name}$": _FREE for name in (p.name.replace(".", r"\.") for p in providers)}
    left_out = {
        f"^{key}$": {"deprecated": True, "description": f"left out: {why}"}
        for key, why in FEAST_KEYS.items()
    }
    return {**own, **left_out}


def _store(
    provider: ProviderInfo, role: Role, store: StoreType, definitions: dict[str, Any]
) -> dict[str, Any]:
    """Note the settings of a store type among the definitions, and return the reference."""
    name = f"{provider.name}.{role}.{store.name}"
    try:
        schema = store.config.model_json_schema(ref_template=f"#/$defs/{name}/$defs/{{model}}")
    except PydanticInvalidForJsonSchema:
        schema = {"type": "object", "properties": {}}
    types = [store.name, f"{provider.name}.{store.name}", provider.name]
    if provider is CORE:
        types = [store.name]
    properties = _or_variable(schema.get("properties", {}))
    if role == "registry":
        properties |= _or_variable(RegistryCache.model_json_schema()["properties"])
    names = types if _is_default(provider, role, store) else types[:2]
    properties["type"] = _or_variable({"type": "string", "enum": names})
    definitions[name] = {**_or_variable(schema), "title": name, "properties": properties}
    return {"$ref": f"#/$defs/{name}"}


def _is_default(provider: ProviderInfo, role: Role, store: StoreType) -> bool:
    return provider.stores[role][0] is store


def _or_variable(schema: Any) -> Any:
    """Return a schema that lets ``${NAME}`` stand where text would not fit otherwise."""
    if isinstance(schema, list):
        return [_or_variable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    narrow = schema.get("type") in ("integer", "number", "boolean") or (
        schema.get("type") == "string" and ("pattern" in schema or "enum" in schema)
    )
    if narrow:
        told = {name: schema[name] for name in _TELLING if name in schema}
        rest = {name: value for name, value in schema.items() if name not in _TELLING}
        return {"anyOf": [rest, _VARIABLE], **told}
    return {name: _or_variable(value) for name, value in schema.items()}
