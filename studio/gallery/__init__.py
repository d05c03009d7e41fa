"""Where pictures live: files with their whole recipe inside. Imports core only; never torch."""
