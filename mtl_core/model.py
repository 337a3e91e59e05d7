"""The pydantic base of everything a spec is made of, and the fields that come from registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializeAsAny,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """A frozen, strict-keyed model: an unknown field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """``epochs: true`` is a mistake, not 1 epoch, although Python counts True as 1."""
        field = cls.model_fields[info.field_name or ""]
        if isinstance(value, bool) and "bool" not in str(field.annotation) and field.annotation is not Any:
            raise ValueError(f"must not be {str(value).lower()}")
        return value


class Named(Model):
    """An entry of a registry; ``name`` is its key there.

    Subclasses state ``source``: the paper or text that defines the method.
    """

    name: str
    source: ClassVar[str] = ""


def unknown_name(name: Any, registry: Mapping[str, object]) -> PydanticCustomError:
    """The error for a name that a registry lacks; it belongs to the field ``name`` of what is being built."""
    return PydanticCustomError("unknown_name", "unknown name; known: {known}", {"name": name, "known": known(registry)})


def known(registry: Mapping[str, object]) -> str:
    """The names in a registry, for an error."""
    return ", ".join(sorted(registry))


def from_registry(registry: Mapping[str, type[Named]]) -> BeforeValidator:
    """Validator that turns ``{"name": key, **fields}`` (or the bare key) into the registry's model."""

    def build(value: Any) -> Any:
        if isinstance(value, Named):
            return value
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or "name" not in value:
            raise ValueError(f"must be a mapping with a 'name', one of: {known(registry)}")
        name = value["name"]
        if not isinstance(name, str) or name not in registry:
            raise unknown_name(name, registry)
        return registry[name].model_validate(value)

    return BeforeValidator(build)


__all__ = ["Annotated", "Model", "Named", "SerializeAsAny", "WithJsonSchema", "from_registry"]
