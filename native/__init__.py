"""The few inner loops that are compiled: optional, and equal to the numpy code they stand in for."""
