"""Where the figures of the README come from: `bv bench NAME`. Each brings its own data and leaves nothing behind."""
