"""The order router and the brokers behind one port."""
