"""What does the model do when the world changes?"""
