"""What the trials of faults counted, and the table of which test proves which row."""
