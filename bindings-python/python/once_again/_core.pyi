"""
The extension module `once_again._core`.
"""

__all__ = ["core_version"]

def core_version() -> str:
    """
    The version of the decision core inside this module.
    """
