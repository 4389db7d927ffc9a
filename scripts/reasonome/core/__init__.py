"""The base of all layers: errors, atomic files, manifests. It imports nothing else of the library."""
