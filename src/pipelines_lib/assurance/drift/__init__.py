"""Has the population moved away from the one the model learned from?"""
