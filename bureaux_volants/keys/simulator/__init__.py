"""A key box as a program of its own: own storage, own clock, no database, no Django. `bv keybox simulate` starts it."""
