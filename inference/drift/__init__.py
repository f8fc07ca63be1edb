"""Whether production has moved away from what the models were trained on; pure, no I/O, no clock."""
