"""The webhook of an interaction: its first response, which can be changed, and more messages, for a quarter of an hour.

https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages
"""

from sandbox import mentions
from sandbox.command_forms import CHAT
from sandbox.errors import refusal
from sandbox.interaction_forms import InteractionMessage
from sandbox.message_forms import AllowedMentions, MessageEdit
from sandbox.message_payloads import EPHEMERAL, LOADING
from sandbox.message_payloads import message as shown
from sandbox.model import Interaction, InteractionKind, Message, MessageType
from sandbox.payloads import Payload
from sandbox.rest import writing
from sandbox.rest.call import Call, Route

_USERS = AllowedMentions(parse=["users"])


def allowed(form: MessageEdit) -> AllowedMentions:
    """Return whom a message of an interaction may ping: where it does not say so, users and no roles."""
    return form.allowed_mentions or _USERS


def compose(call: Call, interaction: Interaction, form: InteractionMessage) -> Message:
    """Return a new message of the interaction, which is not posted yet; raises 50006, 50035 or 50146."""
    message = writing.compose(call, interaction.channel, form, call.world.application.bot)
    message.tts = bool(form.tts)
    _place(interaction, message, ephemeral=bool((form.flags or 0) & EPHEMERAL))
    writing.mention(call, interaction.channel, message, allowed(form), None)
    return message


def placeholder(call: Call, interaction: Interaction, ephemeral: bool) -> Message:
    """Return the message that says that the application is thinking."""
    number = call.world.snowflakes.next()
    message = Message(number, interaction.channel.id, call.world.application.bot, "", flags=LOADING)
    _place(interaction, message, ephemeral=ephemeral)
    return message


def post(call: Call, interaction: Interaction, message: Message) -> None:
    """Put a message of the interaction into its channel."""
    interaction.messages[message.id] = message
    writing.keep(call, interaction.channel, message)


def _place(interaction: Interaction, message: Message, *, ephemeral: bool) -> None:
    message.interaction = interaction
    if ephemeral:
        message.flags |= EPHEMERAL
        message.audience = interaction.user
    answered = interaction.original or interaction.message
    if answered is not None and answered.audience is None:
        message.type, message.reference = MessageType.REPLY, answered.id
    elif interaction.type is InteractionKind.COMMAND and interaction.original is None:
        chat = interaction.data["type"] == CHAT
        message.type = MessageType.COMMAND if chat else MessageType.MENU_COMMAND


async def follow_up(call: Call) -> Payload:
    """POST /webhooks/{webhook_id}/{webhook_token}: one more message; the first one after a deferral is the response."""
    interaction = _interaction(call)
    form = call.form(InteractionMessage)
    mentions.check(form.allowed_mentions)
    original = interaction.original
    if original is not None and original.flags & LOADING:
        writing.revise(call, interaction.channel, original, form, allowed(form))
        return _shown(call, original)
    message = compose(call, interaction, form)
    post(call, interaction, message)
    return _shown(call, message)


async def get_message(call: Call) -> Payload:
    """GET …/messages/@original and …/messages/{message_id}."""
    return _shown(call, _message(call, _interaction(call)))


async def edit_message(call: Call) -> Payload:
    """PATCH …/messages/@original and …/messages/{message_id}."""
    interaction = _interaction(call)
    message = _message(call, interaction)
    form = call.form(MessageEdit)
    mentions.check(form.allowed_mentions)
    writing.revise(call, interaction.channel, message, form, allowed(form))
    return _shown(call, message)


async def delete_message(call: Call) -> None:
    """DELETE …/messages/@original and …/messages/{message_id}."""
    interaction = _interaction(call)
    writing.remove(call, interaction.channel, _message(call, interaction))


def _interaction(call: Call) -> Interaction:
    return call.interactions.answered(call.id("webhook_id"), call.path["webhook_token"])


def _message(call: Call, interaction: Interaction) -> Message:
    """Return the message in the path, which is the interaction's own and still there; raises 10008."""
    message = interaction.original
    if "message_id" in call.path:
        message = interaction.messages.get(call.id("message_id"))
    here = interaction.channel
    if message is None or not (message.id in here.messages or message.id in here.ephemeral):
        raise refusal(10008)
    return message


def _shown(call: Call, message: Message) -> Payload:
    return shown(call.world, message, call.world.application.bot)


_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"

ROUTES = [
    Route("POST", _WEBHOOK, follow_up, public=True),
    *(
        Route(method, f"{_WEBHOOK}/messages/{which}", handler, public=True)
        for which in ("@original", "{message_id}")
        for method, handler in (("GET", get_message), ("PATCH", edit_message), ("DELETE", delete_message))
    ),
]
