"""What is published of a trial: groups of five at least, described and packed so that anybody reads them with their own tools."""
