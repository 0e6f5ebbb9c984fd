"""Where everything is kept. `interface` is what the rest may ask; SQL stands in this folder and nowhere else."""
