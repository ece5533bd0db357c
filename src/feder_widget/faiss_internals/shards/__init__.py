"""The shards of one index: read without their lists, compared, and joined."""
