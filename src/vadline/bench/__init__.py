"""Side by side with what users pick today: ``python -m vadline.bench``, or ``make bench``."""
