"""What a telephone keeps for when it has no network, and what its service worker is made of."""
