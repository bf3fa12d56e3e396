"""Drawings as inline SVG: the same tables give the same bytes."""
