"""What setting clusters and the nearest setting are worth on real and simulated data of others."""
