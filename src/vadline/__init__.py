"""vadline: visual anomaly detection for inspection lines, from photographs to tables."""

__version__ = "0.1.0"
