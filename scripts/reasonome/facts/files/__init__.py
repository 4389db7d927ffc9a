"""facts.files"""
