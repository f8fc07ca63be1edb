"""The nouns everybody shares: profile, batch, verdict, stream, errors, config.

Everything stands to the left of this package; it imports none of its neighbours.
"""
