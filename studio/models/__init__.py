"""What denoises: cards that describe models, families that run them, the catalog that holds them loaded."""
