"""Where everything sits on the demo product, in unit coordinates."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Geometry:
    """Nominal layout of the demo part: a round piezo disc in a metal cup.

    All lengths are fractions of the image side; points are ``(x, y)`` with x to the right and y
    down, so a pixel's centre is ``((column + 0.5) / width, (row + 0.5) / height)``. A rendered part
    departs from it by its pose (about 2 % shift, 2 degrees turn about ``disc_centre``) and by its
    own tolerances.

    Attributes
    ----------
    disc_centre, disc_radius
        The ceramic disc; the brown border is what the electrode leaves free of it.
    electrode_radius
        The bright, woven main electrode, concentric with the disc.
    ring_outer_radius
        The bevelled metal ring reaches from ``disc_radius`` to here.
    cup_half_axes, cup_exponent
        Superellipse ``|dx/a|^p + |dy/b|^p = 1`` about the disc centre: outside it lies the housing.
    gap_corner, gap_width, gap_radius
        Middle line of the ceramic gap that cuts off the upper-left pad: from the disc's top it
        runs down along ``x = gap_corner[0]``, turns with ``gap_radius`` and leaves to the left
        along ``y = gap_corner[1]``. The pad itself reaches out to the disc's edge.
    dot_centres, dot_radii
        The two solder dots, left and right.
    wires
        Per wire the points that its curve goes through, from the dot to the pin.
    wire_width
        Thickness of a wire.
    pins
        Per pin the four corners of its dark blade: top left, top right, bottom right, bottom left.
    pin_feet
        Per pin the four corners of the wide translucent foot below the blade.
    spot_centre, spot_radius
        The dark spot low in the middle of the disc.
    """

    disc_centre: Point = (0.497, 0.5)
    disc_radius: float = 0.44
    electrode_radius: float = 0.388
    ring_outer_radius: float = 0.488
    cup_half_axes: Point = (0.66, 0.47)
    cup_exponent: float = 2.8
    gap_corner: Point = (0.52, 0.317)
    gap_width: float = 0.055
    gap_radius: float = 0.13
    dot_centres: tuple[Point, Point] = ((0.345, 0.195), (0.688, 0.222))
    dot_radii: tuple[float, float] = (0.095, 0.088)
    wires: tuple[tuple[Point, ...], tuple[Point, ...]] = (
        ((0.337, 0.262), (0.318, 0.33), (0.349, 0.4), (0.345, 0.47), (0.29, 0.515)),
        ((0.679, 0.282), (0.692, 0.335), (0.75, 0.383), (0.777, 0.43), (0.757, 0.49)),
    )
    wire_width: float = 0.0095
    pins: tuple[tuple[Point, ...], tuple[Point, ...]] = (
        ((0.22, 0.508), (0.316, 0.512), (0.268, 0.88), (0.178, 0.88)),
        ((0.68, 0.49), (0.772, 0.475), (0.848, 0.87), (0.758, 0.88)),
    )
    pin_feet: tuple[tuple[Point, ...], tuple[Point, ...]] = (
        ((0.07, 0.845), (0.245, 0.85), (0.225, 1.04), (0.055, 1.04)),
        ((0.675, 0.85), (0.835, 0.84), (0.87, 1.04), (0.7, 1.04)),
    )
    spot_centre: Point = (0.5, 0.698)
    spot_radius: float = 0.054


GEOMETRY = Geometry()
