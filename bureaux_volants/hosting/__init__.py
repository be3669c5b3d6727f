"""Life of a place: the welcome sheet, presence, needs and meetings between métropole and communes."""
