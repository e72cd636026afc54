"""Names that meet in one feature view: two columns for one field, or two entities with one key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provender.definitions import DataSource, Entity, FeatureView
from provender.definitions.places import argument_place
from provender.errors import Problem, did_you_mean, listed, value_text


def collisions(
    view: FeatureView, entities: Sequence[Entity], columns: Sequence[str]
) -> list[Problem]:
    """Return a problem for each name of a view that is not clear.

    Args:
        view: The view as it was defined.
        entities: Its entities.
        columns: The columns of its source.
    """
    return [
        *_shared_keys(view, entities),
        *_unknown_columns(view.source, columns),
        *_shared_fields(view, columns),
    ]


def _shared_keys(view: FeatureView, entities: Sequence[Entity]) -> Iterator[Problem]:
    homes: dict[str, list[str]] = {}
    for entity in entities:
        homes.setdefault(entity.join_key, []).append(entity.name)
    for key, names in homes.items():
        if len(names) > 1:
            fix = "give one of them another join key, and map its column by field_mapping="
            fact, place = f"two entities have the join key {key!r}", view.place
            place = argument_place(place, "entities")
            yield Problem(fact, got=listed(names), fix=fix, place=place)


def _unknown_columns(source: DataSource, columns: Sequence[str]) -> Iterator[Problem]:
    for column in source.field_mapping:
        if column not in columns:
            yield Problem(
                f"field_mapping of source {source.name!r} names a column that does not exist",
                got=value_text(column),
                allowed=listed(columns),
                fix=did_you_mean(column, columns),
                place=argument_place(source.stored.place, "field_mapping"),
            )


def _shared_fields(view: FeatureView, columns: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each field that several columns would be read as."""
    mapping = view.source.field_mapping
    defined = {field.name for field in view.schema}
    homes: dict[str, list[str]] = {}
    for column in columns:
        homes.setdefault(mapping.get(column, column), []).append(column)
    for name, found in homes.items():
        mapped = [column for column in found if column in mapping]
        # a mapped column stands before one that has the name itself, where the field is asked for
        if len(mapped) > 1 or (len(found) > 1 and name not in defined):
            fix = "map one of them to another name by field_mapping="
            place = argument_place(view.source.stored.place, "field_mapping")
            fact = f"two columns would be field {name!r}"
            yield Problem(fact, got=listed(found), fix=fix, place=place)
