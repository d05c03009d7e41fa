"""Where pictures live: files with their whole recipe inside. Knows no torch and no page."""
