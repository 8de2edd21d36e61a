"""What takes more than one entry or file to check: references, the tree, formulas, layouts."""
