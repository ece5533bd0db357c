"""The true neighbours of many queries as a job: one pass over vectors that is kept on disk as it goes."""
