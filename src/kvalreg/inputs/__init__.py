"""What comes from outside, checked at the edge: descriptors, units, deliveries.

Everything that leaves this package is frozen and valid; every fault of a file is reported at once.
"""
