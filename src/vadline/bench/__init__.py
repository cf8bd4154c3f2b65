"""Side by side with what users pick today: ``python -m vadline.bench``, or ``make bench``.

Both sides in turn, each in a process of its own; medians and ratios.
"""
