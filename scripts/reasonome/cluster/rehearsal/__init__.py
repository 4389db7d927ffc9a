"""A rehearsal of an experiment: small models, few questions and few steps, through the same rules."""
