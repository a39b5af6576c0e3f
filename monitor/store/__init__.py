"""Tables, migrations, sessions, leases and events. The only place that knows SQLModel."""
