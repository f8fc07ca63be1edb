"""The parts of ``./sprue demo``: the service as a process, the feed of shots, the report."""
