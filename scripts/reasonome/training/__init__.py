"""Training stages over TRL's trainers: resumable, finished atomically, logged in full."""
