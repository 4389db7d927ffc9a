"""The resources that jobs take, and whether a node is fit for them."""
