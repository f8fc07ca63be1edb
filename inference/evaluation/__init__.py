"""How good verdicts are: figures over columns of scores, labels and lots. No I/O, numpy alone."""
