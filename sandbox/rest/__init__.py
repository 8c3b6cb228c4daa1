"""The REST API, one module for each of Discord's resources."""

from sandbox.rest import applications, channels, guilds, messages, reactions, users

ROUTES = [
    *applications.ROUTES,
    *users.ROUTES,
    *guilds.ROUTES,
    *channels.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
]
