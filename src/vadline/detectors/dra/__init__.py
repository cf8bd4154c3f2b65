"""DRA: disentangled representations of seen, pseudo and residual anomalies (Ding et al. 2022).

`detector` is what the line asks for; the other files are its network and its batches.
"""
