"""Rides that colleagues share: offered by whoever drives, asked for by whoever goes the same way, exported as the register does."""
