"""The Qt application: window, command line, composition."""
