"""Where records come from: change stream, files, history, and the plant simulator."""
