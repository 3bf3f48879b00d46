"""What a future was like: what is kept of it, and the numbers that are read off."""
