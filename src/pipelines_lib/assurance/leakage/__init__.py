"""Does an input know the outcome before it happened?"""
