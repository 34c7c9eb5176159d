"""Is the paperwork in order, and can the model be made again?"""
