"""Databases of Milvus Lite: what their files hold, read without Milvus Lite and never changed."""
