"""How often do the questions alarm where nothing is wrong, and what do they catch?"""
