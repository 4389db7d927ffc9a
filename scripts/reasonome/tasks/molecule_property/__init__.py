"""Properties of small molecules, classes and numbers, from their SMILES."""
