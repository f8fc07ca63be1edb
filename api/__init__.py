"""REST and pages over the verdict store; the only package that knows FastAPI."""
