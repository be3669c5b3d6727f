"""From A to B: places, modes, how far and how long. Pure."""
