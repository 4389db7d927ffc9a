"""The checks of speed/gpu_check.py, by part."""
