"""A run as a trace: what happened when, for the programs that show that. Computes nothing."""
