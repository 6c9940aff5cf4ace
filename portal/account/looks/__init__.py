"""Looks of our staff at what is a member's, so that the member can read who they were."""
