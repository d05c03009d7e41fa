"""Many jobs, one device: who goes next, what shares a forward pass, and the thread that does it."""
