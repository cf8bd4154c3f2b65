"""CFLOW-AD: conditional normalising flows on features (Gudovskiy et al. 2022).

`detector` is what the line asks for; the other files are the flow and its training.
"""
