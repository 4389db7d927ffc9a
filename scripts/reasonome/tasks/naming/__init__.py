"""tasks.naming"""
