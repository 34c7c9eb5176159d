"""Is the candidate worth having beside a baseline and the champion?"""
