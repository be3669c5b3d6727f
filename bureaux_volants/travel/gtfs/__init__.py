"""Public transport from GTFS files (https://gtfs.org/documentation/schedule/reference/): read, laid out flat, searched. Pure."""
