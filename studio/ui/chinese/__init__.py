"""What the page says in Chinese, a file per part of it. Data only."""
