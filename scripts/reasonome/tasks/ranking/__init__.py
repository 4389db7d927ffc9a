"""tasks.ranking"""
