"""The REST API, one module for each of Discord's resources."""

from sandbox.rest import (
    applications,
    channels,
    commands,
    guilds,
    interactions,
    messages,
    reactions,
    roles,
    threads,
    users,
    webhooks,
)

ROUTES = [
    *applications.ROUTES,
    *commands.ROUTES,
    *users.ROUTES,
    *guilds.ROUTES,
    *channels.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
    *threads.ROUTES,
    *roles.ROUTES,
    *interactions.ROUTES,
    *webhooks.ROUTES,
]
