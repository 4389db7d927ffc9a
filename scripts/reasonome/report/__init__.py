"""From scores and training logs to tables with their floors, figures, and one HTML page."""
