"""PaDiM: a Gaussian at each place of the product (Defard et al. 2021).

`detector` is what the line asks for; `gaussians` holds the statistics.
"""
