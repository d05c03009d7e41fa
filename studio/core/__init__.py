"""The words of the house: recipes, events, errors, registries, settings. Standard library only."""
