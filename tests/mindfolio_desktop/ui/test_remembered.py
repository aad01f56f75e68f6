"""What the window keeps between two starts."""

from mindfolio_desktop.ui.remembered import recall, remember


def test_what_was_kept_is_found_again_and_what_was_not_is_nothing() -> None:
    assert recall("columns/x") == ""
    remember("columns/x", "hidden:A|B")
    remember("columns/y", "other")
    assert recall("columns/x") == "hidden:A|B"
    remember("columns/x", "")
    assert recall("columns/x") == ""
