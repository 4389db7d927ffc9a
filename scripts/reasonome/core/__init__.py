"""What every layer stands on: errors, files written whole, manifests. Imports nothing else of ours."""
