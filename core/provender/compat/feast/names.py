"""Which names of the Feast Python API are supported, where ours are, and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_DEFINITIONS: Final = "provender.definitions"
_TYPES: Final = dict.fromkeys(
    [
        *("Array", "Bool", "Bytes", "Decimal", "FeatureType", "Float32", "Float64"),
        *("Int32", "Int64", "Json", "String", "Struct", "UnixTimestamp", "Uuid"),
    ],
    "provender.types",
)

OFFERED: Final[Mapping[str, Mapping[str, str]]] = {
    "feast": {
        "FeatureStore": "provender.store",
        **dict.fromkeys(
            [
                *("Entity", "Feature", "FeatureService", "FeatureView", "Field"),
                *("FileSource", "OnDemandFeatureView", "PushSource", "RequestSource"),
                "ValueType",
            ],
            _DEFINITIONS,
        ),
    },
    "feast.data_source": {
        "DataSource": _DEFINITIONS,
        "PushMode": _DEFINITIONS,
        "PushSource": _DEFINITIONS,
        "RequestSource": _DEFINITIONS,
    },
    "feast.entity": {"Entity": _DEFINITIONS},
    "feast.feature": {"Feature": _DEFINITIONS},
    "feast.feature_service": {"FeatureService": _DEFINITIONS},
    "feast.feature_store": {"FeatureStore": "provender.store"},
    "feast.feature_view": {"FeatureView": _DEFINITIONS},
    "feast.field": {"Field": _DEFINITIONS},
    "feast.infra": {},
    "feast.infra.offline_stores": {},
    "feast.infra.offline_stores.file_source": {"FileSource": _DEFINITIONS},
    "feast.on_demand_feature_view": {
        "OnDemandFeatureView": _DEFINITIONS,
        "on_demand_feature_view": _DEFINITIONS,
    },
    "feast.types": _TYPES,
    "feast.value_type": {"ValueType": _DEFINITIONS},
}
"""Feast's modules; for each, the names that are offered and the module that ours come from."""

INSTEAD: Final[Mapping[str, str]] = {
    "BatchFeatureView": "a FeatureView over a source that holds what the transformation computes",
    "BigQuerySource": "the BigQuerySource of the package of the provider gcp",
    "Map": "provender.types.Map(key, value), which states both types",
    "Project": "`project:` in feature_store.yaml",
    "RedshiftSource": "the RedshiftSource of the package of the provider aws",
    "RepoConfig": "feature_store.yaml, named by FeatureStore(repo_path=)",
    "StreamFeatureView": "a FeatureView over a PushSource, and FeatureStore.push",
}
"""Names that Feast has and Provender has not, and what does the same here."""

NOT_YET: Final = frozenset(
    {
        *("Aggregation", "AthenaSource", "KafkaSource", "KinesisSource", "SnowflakeSource"),
        *("SparkSource", "TrinoSource", "batch_feature_view", "stream_feature_view"),
    }
)
"""Names that Feast has and nothing here does the work of; none like them is suggested."""
