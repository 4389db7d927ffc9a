"""Native files of sources: fetched whole, told apart from what upstream changed, under licences that were accepted."""
