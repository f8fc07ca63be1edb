"""Trying limits on shots that were scored once: what would have been flagged, and what it is worth."""

from inference.threshold_lab.outcomes import outcomes_under
from inference.threshold_lab.scored import Labels, Scored, scored_of
from inference.threshold_lab.tally import Tally, tally
from inference.threshold_lab.trial import Trial, try_rules

__all__ = ["Labels", "Scored", "Tally", "Trial", "outcomes_under", "scored_of", "tally", "try_rules"]
