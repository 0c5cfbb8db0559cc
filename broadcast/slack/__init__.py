"""Slack: its Web API as we speak it, and what is said there. Plugins and commands use it; it knows neither."""
