"""The memory-augmented autoencoder: memory, network, detector."""
