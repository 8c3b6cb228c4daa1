"""Language models that abridge texts and make up prompts, in a process of their own.

``process`` is the bot's and the commands' side and knows no torch; everything else runs in that process.
"""
