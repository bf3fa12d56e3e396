"""Source files to reports."""
