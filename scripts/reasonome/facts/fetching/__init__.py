"""Native files of sources: complete downloads, pins that show upstream changes, and accepted licences."""
