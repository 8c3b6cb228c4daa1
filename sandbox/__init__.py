"""Discord on your own machine: the part of its REST API and gateway that a bot uses, and a page.

It stands in for Discord, not for the bot: what it refuses, Discord refuses, in the same words.
"""

from sandbox.faults import Fault
from sandbox.server import Sandbox, serve

__all__ = ["Fault", "Sandbox", "serve"]
