"""Charts against a search parameter, and of sizes and losses."""
