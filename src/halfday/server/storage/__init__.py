"""Everything that is kept. `store` is what the rest of the server asks; SQL stands in this folder and nowhere else."""
