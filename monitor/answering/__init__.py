"""Answering from here: drafts, a second pair of eyes, one attempt to post."""
