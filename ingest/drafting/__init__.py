"""Drafts a profile from a sample of a plant's own data: every guess with its reason."""
