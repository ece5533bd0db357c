"""What the output of a cell shows where no widget runs, painted by Pillow."""
