"""A file for each kind of answer: generators that read the index in steps and yield messages."""
