"""The window: views, widgets, models, and the bridge to the engine."""
