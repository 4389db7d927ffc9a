"""leaks"""
