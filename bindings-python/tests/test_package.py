from importlib.metadata import version

import once_again


def test_the_core_inside_is_the_one_this_package_was_made_with() -> None:
    assert once_again.core_version() == version("once-again")
