"""What is predicted, put into answers and words: the same for REST and for the forms."""
