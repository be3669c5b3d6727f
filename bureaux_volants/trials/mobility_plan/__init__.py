"""What an employer's mobility plan asks for, over months that a reader chooses."""
