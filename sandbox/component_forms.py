"""Message components and forms as a bot sends them: rows, buttons, selects, text inputs, labels; and their limits.

https://docs.discord.com/developers/components/reference
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, StrictBool, StrictInt, Tag
from pydantic_core import PydanticCustomError

from sandbox.errors import UNION, form_refusal
from sandbox.forms import Snowflake, Url, length, whole

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT, LABEL = 5, 6, 7, 8, 18
LINK, PREMIUM = 5, 6

ROW_WIDTH = 5
MAX_ROWS = 5
MAX_OPTIONS = 25
MAX_TEXT = 4000

Payload = dict[str, Any]


def _between(least: int, most: int) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, list) and not least <= len(value) <= most:
            raise PydanticCustomError(
                "BASE_TYPE_BAD_LENGTH",
                "Must be between {least} and {most} in length.",
                {"least": least, "most": most},
            )
        return value

    return BeforeValidator(check)


def _kind(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    kind = USER_SELECT if kind in (ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT) else kind
    return f"{UNION}{kind}" if type(kind) is int else UNION


def _one_of(numbers: str) -> Discriminator:
    return Discriminator(
        _kind,
        custom_error_type="UNION_TYPE_CHOICES",
        custom_error_message=f'Value of field "type" must be one of ({numbers}).',
    )


CustomId = Annotated[str, length(1, 100)]
Number = Annotated[StrictInt, Field(ge=0, le=(1 << 31) - 1)]


class Emoji(BaseModel):
    """An emoji on a button or an option; only those of Unicode are known here."""

    id: Snowflake | None = None
    name: Annotated[str, Field(max_length=32)] | None = None
    animated: StrictBool | None = None


class Component(BaseModel):
    """What every component may have: its number in the message, which Discord gives where it is not given."""

    id: Number | None = None


class Button(Component):
    """A button. Those of style 5 are links, which nobody hears of."""

    type: Literal[2]
    style: Annotated[Literal[1, 2, 3, 4, 5], BeforeValidator(whole)]
    label: Annotated[str, Field(max_length=80)] | None = None
    emoji: Emoji | None = None
    custom_id: CustomId | None = None
    url: Annotated[Url, Field(max_length=512)] | None = None
    disabled: StrictBool | None = None


class SelectOption(BaseModel):
    """One of the values of a string select."""

    label: Annotated[str, length(1, 100)]
    value: Annotated[str, length(1, 100)]
    description: Annotated[str, Field(max_length=100)] | None = None
    emoji: Emoji | None = None
    default: StrictBool | None = None


class Select(Component):
    """What all selects have."""

    custom_id: CustomId
    placeholder: Annotated[str, Field(max_length=150)] | None = None
    min_values: Annotated[StrictInt, Field(ge=0, le=25)] = 1
    max_values: Annotated[StrictInt, Field(ge=1, le=25)] = 1
    disabled: StrictBool | None = None
    required: StrictBool | None = None


class StringSelect(Select):
    """A select with options of its own."""

    type: Literal[3]
    options: Annotated[list[SelectOption], _between(1, MAX_OPTIONS)]


class DefaultValue(BaseModel):
    """Somebody or something that is chosen to begin with."""

    id: Snowflake
    type: Literal["user", "role", "channel"]


class EntitySelect(Select):
    """A select of users, roles, both, or channels."""

    type: Literal[5, 6, 7, 8]
    default_values: Annotated[list[DefaultValue], Field(max_length=25)] | None = None
    channel_types: Annotated[list[Annotated[StrictInt, Field(ge=0, le=16)]], Field(max_length=17)] | None = None


class TextInput(Component):
    """A field of a form to write in."""

    type: Literal[4]
    custom_id: CustomId
    style: Annotated[Literal[1, 2], BeforeValidator(whole)]
    label: Annotated[str, length(1, 45)] | None = None
    value: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    placeholder: Annotated[str, Field(max_length=100)] | None = None
    required: StrictBool | None = None
    min_length: Annotated[StrictInt, Field(ge=0, le=MAX_TEXT)] | None = None
    max_length: Annotated[StrictInt, Field(ge=1, le=MAX_TEXT)] | None = None


def _row(value: object) -> object:
    if _kind(value) != f"{UNION}{ROW}":
        raise PydanticCustomError("UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    return value


_Tagged = Annotated[StringSelect, Tag(f"{UNION}3")] | Annotated[EntitySelect, Tag(f"{UNION}5")]
MessageItem = Annotated[Annotated[Button, Tag(f"{UNION}2")] | _Tagged, _one_of("2, 3, 5, 6, 7, 8")]
FormItem = Annotated[Annotated[TextInput, Tag(f"{UNION}4")] | _Tagged, _one_of("3, 4, 5, 6, 7, 8")]


class Row(Component):
    """A row of a message: up to five buttons, or one select."""

    type: Literal[1]
    components: Annotated[list[MessageItem], _between(1, ROW_WIDTH)]


class FormRow(Component):
    """A row of a form: one field, which has its own label."""

    type: Literal[1]
    components: Annotated[list[FormItem], _between(1, 1)]


class Label(Component):
    """A field of a form with the label above it."""

    type: Literal[18]
    label: Annotated[str, length(1, 45)]
    description: Annotated[str, Field(max_length=100)] | None = None
    component: FormItem


MessageRows = Annotated[list[Annotated[Row, BeforeValidator(_row)]], Field(max_length=MAX_ROWS)]
FormRows = Annotated[
    list[Annotated[Annotated[FormRow, Tag(f"{UNION}1")] | Annotated[Label, Tag(f"{UNION}18")], _one_of("1, 18")]],
    _between(1, MAX_ROWS),
]


class Form(BaseModel):
    """A form to fill in."""

    custom_id: CustomId
    title: Annotated[str, length(1, 45)]
    components: FormRows


def message_payload(rows: list[Row] | None) -> list[Payload]:
    """Return the components of a message as Discord shows them; raises 50035 where they do not fit together."""
    _check_ids((("components", at), row.components) for at, row in enumerate(rows or ()))
    for at, row in enumerate(rows or ()):
        for place, each in enumerate(row.components):
            here = ("components", at, "components", place)
            if not isinstance(each, Button) and len(row.components) > 1:
                raise form_refusal(
                    ("components", at, "components", max(place, 1)),
                    "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                    "The specified component exceeds the maximum width",
                )
            _check_button(each, here) if isinstance(each, Button) else _check_select(each, here)
    return _numbered(rows or [])


def form_payload(form: Form) -> Payload:
    """Return a form as Discord shows it; raises 50035 where its parts do not fit together."""
    fields = [each.component if isinstance(each, Label) else each.components[0] for each in form.components]
    _check_ids((("components", at), [each]) for at, each in enumerate(fields))
    for at, (row, each) in enumerate(zip(form.components, fields, strict=True)):
        here = ("components", at, *(("component",) if isinstance(row, Label) else ("components", 0)))
        if not isinstance(each, TextInput):
            _check_select(each, here)
        elif isinstance(row, FormRow) and each.label is None:
            raise form_refusal((*here, "label"), "BASE_TYPE_REQUIRED", "This field is required")
        elif (each.min_length or 0) > (each.max_length or MAX_TEXT):
            raise form_refusal((*here, "min_length"), "TEXT_INPUT_COMPONENT_INVALID_LENGTHS", _LENGTHS)
    return {"custom_id": form.custom_id, "title": form.title, "components": _numbered(form.components)}


_LENGTHS = "The minimum length must not be greater than the maximum length"


def _check_ids(groups: Iterator[tuple[tuple[str | int, ...], Any]]) -> None:
    seen: set[str] = set()
    for path, items in groups:
        for place, each in enumerate(items):
            if each.custom_id is None:
                continue
            if each.custom_id in seen:
                raise form_refusal(
                    (*path, "components", place, "custom_id"),
                    "COMPONENT_CUSTOM_ID_DUPLICATED",
                    "Component custom id cannot be duplicated",
                )
            seen.add(each.custom_id)


def _check_button(button: Button, here: tuple[str | int, ...]) -> None:
    if button.style == LINK and not button.url:
        raise form_refusal((*here, "url"), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
    if button.style != LINK and button.custom_id is None:
        raise form_refusal((*here, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
    if button.url and button.custom_id is not None:
        raise form_refusal(
            here,
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
            "A custom id and url cannot both be specified",
        )
    if not button.label and button.emoji is None:
        raise form_refusal(here, "BUTTON_COMPONENT_INVALID", "A label or an emoji is required")
    _check_emoji(button.emoji, here)


def _check_select(select: StringSelect | EntitySelect, here: tuple[str | int, ...]) -> None:
    if select.min_values > select.max_values:
        raise form_refusal(
            (*here, "min_values"), "SELECT_COMPONENT_INVALID_MIN_VALUES", "min_values cannot be larger than max_values"
        )
    if isinstance(select, EntitySelect):
        return
    values: set[str] = set()
    if select.max_values > len(select.options):
        raise form_refusal(
            (*here, "options"),
            "BASE_TYPE_BAD_LENGTH",
            f"Must be between {select.max_values} and {MAX_OPTIONS} in length.",
        )
    for place, option in enumerate(select.options):
        if option.value in values:
            raise form_refusal(
                (*here, "options", place, "value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )
        values.add(option.value)
        _check_emoji(option.emoji, (*here, "options", place))


def _check_emoji(emoji: Emoji | None, here: tuple[str | int, ...]) -> None:
    if emoji is not None and (emoji.id is not None or not emoji.name or emoji.name.isascii()):
        raise form_refusal((*here, "emoji", "name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji")


def _numbered(rows: list[Any]) -> list[Payload]:
    """Return components as Discord shows them: each with its number, in the order in which they stand."""
    shown: list[Payload] = [each.model_dump(exclude_none=True) for each in rows]
    walked = [one for row in shown for one in (row, *row.get("components", ()), *filter(None, [row.get("component")]))]
    taken = {each["id"] for each in walked if each.get("id")}
    fresh = (number for number in range(1, len(walked) + len(taken) + 1) if number not in taken)
    for each in walked:
        each["id"] = each.get("id") or next(fresh)
        for default in each.get("default_values", ()):
            default["id"] = str(default["id"])
        if each["type"] in (BUTTON, STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT):
            each.setdefault("disabled", False)
    return shown
