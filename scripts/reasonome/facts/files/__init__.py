"""Files of others, opened and read with located errors."""
