"""Larkspur Outfitters: the organisation the demo describes, one module per area of the data model."""
