"""Whether a node can do the work: each check takes readings of the node and says what is wrong and how to mend it."""
