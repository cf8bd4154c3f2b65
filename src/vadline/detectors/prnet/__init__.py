"""PRNet: prototypical residuals to normal parts (Zhang et al. 2023).

`detector` is what the line asks for; the other files are its network, loss and batches.
"""
