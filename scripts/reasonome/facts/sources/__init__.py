"""Knowledge sources: each module turns the native files of one source into facts."""
