"""The simulated plant: shots as a press would report them, with the truth kept apart."""

from ingest.plant.document import documents
from ingest.plant.load import load_history
from ingest.plant.simulator import GO_LIVE, Plant, PlantChunk

__all__ = ["GO_LIVE", "Plant", "PlantChunk", "documents", "load_history"]
