"""The life of the pool: vehicles and cards, who may drive, where they go, what becomes of them."""
