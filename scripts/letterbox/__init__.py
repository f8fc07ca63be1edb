"""Where ``./sprue letters`` finds dead letters: at the running service, or in the store itself."""
