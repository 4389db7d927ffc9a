"""Knowledge bases in their native formats, the facts in them, and the statements written from these."""
