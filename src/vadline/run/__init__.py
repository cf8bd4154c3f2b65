"""What surrounds a run: checked settings, honest resuming, profiles, and what MLflow gets.

Kedro calls its hooks; the stages know nothing of them.
"""
