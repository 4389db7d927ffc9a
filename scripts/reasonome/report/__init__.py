"""From scores and training logs to tables with their baselines, figures, and one HTML page."""
