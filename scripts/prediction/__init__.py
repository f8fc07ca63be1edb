"""The parts of ``./sprue predict`` and ``advise``: what was asked, the answer, rows of a file."""
